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

    /// The categories Mn, Mc and Me.
    var isCombiningMark: Bool {
        if value < 0x300 { return false }
        return switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: true
        default: false
        }
    }

    var isNonspacingMark: Bool { value >= 0x300 && properties.generalCategory == .nonspacingMark }

    /// The categories C*, less those that no character has yet.
    var isOther: Bool {
        if isASCII { return value < 0x20 || value == 0x7F }
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
