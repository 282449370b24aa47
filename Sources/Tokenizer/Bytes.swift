/// A view of UTF-8 text that is known to be valid: every text here starts as a Swift `String`.
///
/// Only lent: whoever is handed one may not keep it.
typealias Bytes = UnsafeBufferPointer<UInt8>

extension UnsafeBufferPointer<UInt8> {
    func part(_ range: Range<Int>) -> Bytes { Bytes(rebasing: self[range]) }

    func hasPrefix(_ prefix: [UInt8]) -> Bool {
        count >= prefix.count && part(0..<prefix.count).elementsEqual(prefix)
    }

    /// The character at `index`, which must be the start of one, and its length in bytes.
    func scalar(at index: Int) -> (scalar: Unicode.Scalar, byteCount: Int) {
        let lead = UInt32(self[index])
        if lead < 0x80 { return (Unicode.Scalar(UInt8(lead)), 1) }
        let byteCount = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        guard index + byteCount <= count else { return ("\u{FFFD}", count - index) }
        var value = lead & (0x7F >> UInt32(byteCount))
        for offset in 1..<byteCount { value = value << 6 | UInt32(self[index + offset] & 0x3F) }
        return (Unicode.Scalar(value) ?? "\u{FFFD}", byteCount)
    }

    /// The start of the character that ends at `end`.
    func startOfScalar(before end: Int) -> Int {
        var start = end - 1
        while start > 0, self[start] & 0xC0 == 0x80 { start -= 1 }
        return start
    }

    /// The nearest start of a character at or before `index`.
    func scalarBoundary(atOrBefore index: Int) -> Int {
        var boundary = index
        while boundary > 0, boundary < count, self[boundary] & 0xC0 == 0x80 { boundary -= 1 }
        return boundary
    }
}

extension [UInt8] {
    mutating func append(_ scalar: Unicode.Scalar) {
        if let encoded = UTF8.encode(scalar) { append(contentsOf: encoded) }
    }
}

extension Unicode.Scalar {
    /// The property White_Space.
    var isWhiteSpace: Bool {
        isASCII ? value == 0x20 || (9...13).contains(value) : properties.isWhitespace
    }

    /// What Rust's regular expressions call `\w`.
    var isWord: Bool {
        if isASCII {
            return (0x30...0x39).contains(value) || (0x41...0x5A).contains(value)
                || (0x61...0x7A).contains(value)
                || value == 0x5F
        }
        if properties.isAlphabetic || properties.isJoinControl { return true }
        return switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: true
        default: false
        }
    }

    /// The categories Nd, Nl and No.
    var isNumeric: Bool {
        if isASCII { return (0x30...0x39).contains(value) }
        return switch properties.generalCategory {
        case .decimalNumber, .letterNumber, .otherNumber: true
        default: false
        }
    }

    /// Every ASCII character that is no letter, digit, blank or control, and the categories P*.
    var isPunctuation: Bool {
        if isASCII { return value > 0x20 && value < 0x7F && (!isWord || value == 0x5F) }
        return switch properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
            .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            true
        default: false
        }
    }
}
