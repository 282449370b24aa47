/// Reads a string byte by byte, from behind its opening quote, and writes it as the inside of a JSON string.
///
/// Lenient as models need it: line breaks and other control characters in a string are escaped, and a
/// backslash in front of anything else than an escape is a backslash.
struct StringReader: Sendable {
    enum End: Sendable {
        case quote(UInt8)
        case tripleQuote(UInt8)
        /// Nothing is escaped before it.
        case marker(MarkerMatcher)
    }

    private enum Escape {
        case none
        case begun
        /// `u` or `x`, how many digits that wants, and those that have come.
        case digits(UInt8, wanted: Int, [UInt8])
    }

    private var end: End
    private var escape = Escape.none
    /// Quotes that may be the beginning of three.
    private var quoteCount = 0
    /// The first half of a pair of surrogates.
    private var highSurrogate: UInt32?

    init(until end: End) { self.end = end }

    /// Returns whether `byte` ended the string.
    mutating func read(_ byte: UInt8, into json: inout [UInt8]) -> Bool {
        switch end {
        case .marker(var matcher):
            var released: [UInt8] = []
            let isEnd = matcher.push(byte, into: &released) != nil
            end = .marker(matcher)
            for byte in released { JSONText.append(byte, to: &json) }
            return isEnd
        case .quote(let quote): return readEscaped(byte, quote, into: &json)
        case .tripleQuote(let quote):
            guard byte == quote, case .none = escape else {
                releaseQuotes(quote, into: &json)
                return readEscaped(byte, nil, into: &json)
            }
            quoteCount += 1
            return quoteCount == 3
        }
    }

    private mutating func releaseQuotes(_ quote: UInt8, into json: inout [UInt8]) {
        for _ in 0..<quoteCount { JSONText.append(quote, to: &json) }
        quoteCount = 0
    }

    private mutating func readEscaped(_ byte: UInt8, _ quote: UInt8?, into json: inout [UInt8]) -> Bool {
        switch escape {
        case .none:
            if byte == UInt8(ascii: "\\") {
                escape = .begun
                return false
            }
            releaseSurrogate(into: &json)
            if byte == quote { return true }
            JSONText.append(byte, to: &json)
        case .begun: readEscape(byte, into: &json)
        case .digits(let letter, let wanted, var digits):
            escape = .none
            guard byte.hexDigit != nil else {
                // Not an escape after all.
                releaseSurrogate(into: &json)
                for byte in [UInt8(ascii: "\\"), letter] + digits { JSONText.append(byte, to: &json) }
                return readEscaped(byte, quote, into: &json)
            }
            digits.append(byte)
            if digits.count < wanted {
                escape = .digits(letter, wanted: wanted, digits)
            } else {
                write(digits.reduce(0) { $0 << 4 | ($1.hexDigit ?? 0) }, into: &json)
            }
        }
        return false
    }

    private mutating func readEscape(_ byte: UInt8, into json: inout [UInt8]) {
        escape = .none
        switch byte {
        case UInt8(ascii: "u"): escape = .digits(byte, wanted: 4, [])
        case UInt8(ascii: "x"): escape = .digits(byte, wanted: 2, [])
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            releaseSurrogate(into: &json)
            json += [UInt8(ascii: "\\"), byte]
        case UInt8(ascii: "/"), UInt8(ascii: "'"):
            releaseSurrogate(into: &json)
            json.append(byte)
        default:
            releaseSurrogate(into: &json)
            JSONText.append(UInt8(ascii: "\\"), to: &json)
            JSONText.append(byte, to: &json)
        }
    }

    private mutating func write(_ unit: UInt32, into json: inout [UInt8]) {
        switch (highSurrogate, unit) {
        case (let high?, 0xDC00...0xDFFF):
            highSurrogate = nil
            JSONText.append(0x10000 + (high - 0xD800) << 10 + (unit - 0xDC00), to: &json)
        case (_, 0xD800...0xDBFF):
            releaseSurrogate(into: &json)
            highSurrogate = unit
        default:
            releaseSurrogate(into: &json)
            JSONText.append(unit, to: &json)
        }
    }

    /// A half without its other half is no character.
    private mutating func releaseSurrogate(into json: inout [UInt8]) {
        guard highSurrogate != nil else { return }
        highSurrogate = nil
        JSONText.append(0xFFFD as UInt32, to: &json)
    }
}

/// The inside of JSON strings, written byte by byte.
enum JSONText {
    static func append(_ byte: UInt8, to json: inout [UInt8]) {
        switch byte {
        case SpecialToken.begin, SpecialToken.end: break
        case UInt8(ascii: "\""): json += #"\""#.utf8
        case UInt8(ascii: "\\"): json += #"\\"#.utf8
        case UInt8(ascii: "\n"): json += #"\n"#.utf8
        case UInt8(ascii: "\r"): json += #"\r"#.utf8
        case UInt8(ascii: "\t"): json += #"\t"#.utf8
        case ..<0x20, 0x7F:
            json += #"\u00"#.utf8
            json += [byte >> 4, byte & 15].map {
                $0 < 10 ? UInt8(ascii: "0") + $0 : UInt8(ascii: "a") + $0 - 10
            }
        default: json.append(byte)
        }
    }

    static func append(_ scalar: UInt32, to json: inout [UInt8]) {
        let scalar = Unicode.Scalar(scalar) ?? "\u{FFFD}"
        for byte in String(Character(scalar)).utf8 { append(byte, to: &json) }
    }

    static func append(quoting bytes: some Sequence<UInt8>, to json: inout [UInt8]) {
        json.append(UInt8(ascii: "\""))
        for byte in bytes { append(byte, to: &json) }
        json.append(UInt8(ascii: "\""))
    }
}

extension UInt8 {
    fileprivate var hexDigit: UInt32? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(self - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(self - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(self - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
