/// How values are written in a call: as JSON, as Python, or as something of a family's own.
public struct ValueStyle: Sendable {
    /// Single characters around strings, in which a backslash escapes.
    var quotes: Set<UInt8>
    /// The same character three times is a quote too.
    var hasTripleQuotes = false
    /// A sign around strings in which nothing is escaped.
    var quoteMarker: Marker?
    /// Keys may stand without quotes, and so may texts.
    var hasBareWords = false

    public static let json = ValueStyle(quotes: [UInt8(ascii: "\"")])
    public static let python = ValueStyle(
        quotes: [UInt8(ascii: "\""), UInt8(ascii: "'")],
        hasTripleQuotes: true
    )

    public static func bare(quotedBy marker: Marker) -> ValueStyle {
        ValueStyle(quotes: [UInt8(ascii: "\"")], quoteMarker: marker, hasBareWords: true)
    }
}
