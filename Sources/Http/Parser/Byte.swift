/// The classes of bytes that RFC 9110 and 9112 are written in.
extension UInt8 {
    static let horizontalTab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let hash: UInt8 = 0x23
    static let percent: UInt8 = 0x25
    static let asterisk: UInt8 = 0x2A
    static let comma: UInt8 = 0x2C
    static let slash: UInt8 = 0x2F
    static let colon: UInt8 = 0x3A
    static let semicolon: UInt8 = 0x3B
    static let questionMark: UInt8 = 0x3F
    static let leftBracket: UInt8 = 0x5B
    static let rightBracket: UInt8 = 0x5D

    /// tchar of RFC 9110 5.6.2: letters, digits and !#$%&'*+-.^_`|~ as a bitmap of the ASCII range.
    var isToken: Bool {
        guard self < 128 else { return false }
        let map: UInt64 = self < 64 ? 0x03FF_6CFA_0000_0000 : 0x57FF_FFFF_C7FF_FFFE
        return map >> UInt64(self & 63) & 1 != 0
    }

    /// field-vchar, obs-text, space and tab of RFC 9110 5.5.
    var isFieldContent: Bool { self >= 0x20 && self != 0x7F || self == .horizontalTab }

    /// Visible ASCII but for the fragment mark, which has no place in a request target.
    var isTarget: Bool { self > 0x20 && self < 0x7F && self != .hash }

    var isDigit: Bool { self &- 0x30 < 10 }

    /// unreserved, sub-delims and percent sign of RFC 3986: what a registered name may be made of.
    var isRegisteredName: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true  // letters and digits
        case 0x21, 0x24, 0x25, 0x26...0x2E, 0x3B, 0x3D, 0x5F, 0x7E: true  // ! $ % & ' ( ) * + , - . ; = _ ~
        default: false
        }
    }

    var hexDigit: Int? {
        switch self {
        case 0x30...0x39: Int(self) - 0x30
        case 0x41...0x46: Int(self) - 0x41 + 10
        case 0x61...0x66: Int(self) - 0x61 + 10
        default: nil
        }
    }

    /// ASCII letters in lower case, everything else unchanged.
    var lowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }
}

extension Span<UInt8> {
    /// Whether these bytes spell `word` in any case; `word` is given in lower case.
    func spells(_ word: StaticString) -> Bool {
        guard count == word.utf8CodeUnitCount else { return false }
        for index in 0..<count where self[index].lowercased != word.utf8Start[index] { return false }
        return true
    }

    /// Whether these bytes are `word`.
    func isExactly(_ word: StaticString) -> Bool {
        guard count == word.utf8CodeUnitCount else { return false }
        for index in 0..<count where self[index] != word.utf8Start[index] { return false }
        return true
    }

    func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        var index = start
        while index < count {
            if self[index] == byte { return index }
            index += 1
        }
        return nil
    }

    /// The range left when spaces and tabs at both ends are taken off.
    var trimmedRange: Range<Int> {
        var lower = 0
        var upper = count
        while lower < upper, self[lower] == .space || self[lower] == .horizontalTab { lower += 1 }
        while upper > lower, self[upper - 1] == .space || self[upper - 1] == .horizontalTab { upper -= 1 }
        return lower..<upper
    }
}
