/// A regular language over characters, as it was written down.
indirect enum Pattern: Hashable, Sendable {
    case empty
    case one(ScalarSet)
    case sequence([Pattern])
    case choice([Pattern])
    /// `most` nil: without end.
    case repeated(Pattern, least: Int, most: Int?)
    /// Only where the text begins.
    case start
    /// Only where it ends.
    case end

    static let anything = Pattern.repeated(.one(.all), least: 0, most: nil)

    static func text(_ text: String) -> Pattern {
        .sequence(text.unicodeScalars.map { .one(ScalarSet($0)) })
    }

    /// What a text may hold anywhere that matches somewhere.
    var searched: Pattern { .sequence([.anything, self, .anything]) }
}
