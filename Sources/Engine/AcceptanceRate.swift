/// How likely the next guess is right, from how many of the last ones were.
///
/// Guesses of different trust are counted apart: a place that agrees in many tokens is right more often than
/// one that agrees in two.
struct AcceptanceRate: Sendable {
    /// What a guess is worth before anything is known of the sequence, by the tokens that agree: two, three,
    /// four to eight, more.
    ///
    /// Measured on programs, documents and licences.
    static let ofLookup = SIMD4(0.35, 0.5, 0.6, 0.8)
    /// Guesses of a draft model are all alike.
    static let ofDraft = SIMD4(repeating: 0.7)

    /// Guesses that the prior counts as.
    private static let priorCount = 2.0
    /// What the past counts for beside each further guess.
    private static let fading = 0.9

    private let prior: SIMD4<Double>
    private var right = SIMD4<Double>.zero
    private var counted = SIMD4<Double>.zero

    init(prior: SIMD4<Double>) { self.prior = prior }

    /// Probability that the next guess of a run is right, when `matchCount` tokens before it agree.
    func probability(matchCount: Int) -> Double {
        let place = Self.place(matchCount)
        return (prior[place] * Self.priorCount + right[place]) / (Self.priorCount + counted[place])
    }

    /// `acceptedCount` of `proposedCount` guesses in a row were right; the first of them had `matchCount`
    /// tokens before it that agree.
    mutating func note(acceptedCount: Int, of proposedCount: Int, matchCount: Int) {
        for offset in 0..<min(acceptedCount + 1, proposedCount) {
            let place = Self.place(matchCount + offset)
            right[place] = right[place] * Self.fading + (offset < acceptedCount ? 1 : 0)
            counted[place] = counted[place] * Self.fading + 1
        }
    }

    private static func place(_ matchCount: Int) -> Int {
        switch matchCount {
        case ...2: 0
        case 3: 1
        case 4...8: 2
        default: 3
        }
    }
}
