/// What components ask of a character.
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

    /// The raised digits and fractions of Latin-1.
    var isLatinNumber: Bool { value < 0x100 && !isASCII && isNumeric }

    /// The category Nd.
    var isDecimalDigit: Bool {
        isASCII ? (0x30...0x39).contains(value) : properties.generalCategory == .decimalNumber
    }

    /// The categories Nd, Nl and No.
    var isNumeric: Bool {
        if isASCII { return (0x30...0x39).contains(value) }
        return switch properties.generalCategory {
        case .decimalNumber, .letterNumber, .otherNumber: true
        default: false
        }
    }

    /// Every ASCII character that is no letter, digit, blank or control, and the categories P* of Unicode 8.
    var isPunctuation: Bool {
        if isASCII { return value > 0x20 && value < 0x7F && (!isWord || value == 0x5F) }
        if value == 0x166D { return true }  // a symbol since Unicode 12
        guard existed(in: 8) else { return false }
        return switch properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
            .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            true
        default: false
        }
    }

    /// Whether a version of Unicode had the character: the reference's tables are of different ages, and
    /// models were trained with them.
    func existed(in version: Int) -> Bool { properties.age.map { $0.major <= version } ?? false }

    /// The categories Mn, Mc and Me of Unicode 9.
    var isCombiningMark: Bool {
        guard value >= 0x300, existed(in: 9) else { return false }
        return switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: true
        default: false
        }
    }

    /// The category Mn of Unicode 8.
    var isNonspacingMark: Bool {
        switch value {
        case 0..<0x300: false
        case 0x1885, 0x1886, 0xA9BD, 0x111C9, 0x111CF: false  // Mn only later
        case 0x1734: true  // not Mn any more
        default: properties.generalCategory == .nonspacingMark && existed(in: 8)
        }
    }

    /// The categories Cc, Cf, Co and Cs of Unicode 8.
    var isOther: Bool {
        if isASCII { return value < 0x20 || value == 0x7F }
        guard existed(in: 8) || properties.generalCategory == .privateUse else { return false }
        return switch properties.generalCategory {
        case .control, .format, .privateUse, .surrogate: true
        default: false
        }
    }

    /// Whether a character may have a lower-case form of its own.
    var hasCase: Bool {
        // Between Georgian and the first letterlike symbols only a few scripts have case.
        if value >= 0x2E80, value < 0xA640 { return false }
        return properties.changesWhenLowercased
    }

    /// The blocks of Chinese characters as BERT's first tokenizer listed them.
    var isChinese: Bool {
        switch value {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
            0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
            true
        default: false
        }
    }
}
