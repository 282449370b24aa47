/// What kind of text a text is, as Python's `is…` methods see it.
extension StringMethod {
    func holds(for text: String) -> Bool {
        let scalars = text.unicodeScalars
        switch self {
        case .isascii: return text.utf8.allSatisfy { $0 < 0x80 }
        case .isprintable: return scalars.allSatisfy(\.isPythonPrintable)
        case .isupper, .islower, .istitle: return hasCase(scalars)
        case .isidentifier:
            guard let first = scalars.first, first == "_" || first.isLetter else { return false }
            return scalars.allSatisfy { $0 == "_" || $0.isLetter || $0.properties.numericType == .decimal }
        default: break
        }
        guard !text.isEmpty else { return false }
        return switch self {
        case .isspace: scalars.allSatisfy(\.isPythonSpace)
        case .isalpha: scalars.allSatisfy(\.isLetter)
        case .isdecimal: scalars.allSatisfy { $0.properties.numericType == .decimal }
        case .isdigit: scalars.allSatisfy(\.isDigit)
        case .isnumeric: scalars.allSatisfy { $0.properties.numericType != nil }
        default: scalars.allSatisfy { $0.isLetter || $0.properties.numericType != nil }
        }
    }

    private func hasCase(_ scalars: String.UnicodeScalarView) -> Bool {
        guard self == .istitle else {
            let isUpper = self == .isupper
            func isWanted(_ scalar: Unicode.Scalar) -> Bool {
                isUpper ? scalar.properties.isUppercase : scalar.properties.isLowercase
            }
            func isOther(_ scalar: Unicode.Scalar) -> Bool {
                let properties = scalar.properties
                return properties.generalCategory == .titlecaseLetter
                    || (isUpper ? properties.isLowercase : properties.isUppercase)
            }
            return scalars.contains(where: isWanted) && !scalars.contains(where: isOther)
        }
        var isBehindCased = false
        var found = false
        for scalar in scalars {
            let properties = scalar.properties
            if properties.isUppercase || properties.generalCategory == .titlecaseLetter {
                guard !isBehindCased else { return false }
                (isBehindCased, found) = (true, true)
            } else if properties.isLowercase {
                guard isBehindCased else { return false }
                (isBehindCased, found) = (true, true)
            } else {
                isBehindCased = false
            }
        }
        return found
    }
}

extension Unicode.Scalar {
    /// What Python's `\w` matches.
    var isWord: Bool { self == "_" || isLetter || properties.numericType != nil }

    var isDigit: Bool { properties.numericType == .decimal || properties.numericType == .digit }

    /// The categories L*.
    var isLetter: Bool {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }
}
