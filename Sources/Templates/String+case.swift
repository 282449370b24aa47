/// Upper and lower case, as Python has them.
extension String {
    /// The first character upper case, the others lower case.
    var pythonCapitalized: String {
        guard let first = unicodeScalars.first else { return "" }
        return first.properties.titlecaseMapping + String(unicodeScalars.dropFirst()).pythonLowercased
    }

    /// Lower case, with the other sigma at the end of a word.
    var pythonLowercased: String { hasSigma ? lowercaseParts.joined() : lowercased() }

    private var hasSigma: Bool { utf8.contains(0xCE) && contains(text: "\u{3A3}") }

    /// The lower case of each scalar.
    private var lowercaseParts: [String] {
        let scalars = Array(unicodeScalars)
        var parts: [String] = []
        var isBehindLetter = false
        for (index, scalar) in scalars.enumerated() {
            if scalar == "\u{3A3}" {
                let next = scalars[(index + 1)...].prefix(64).first { !$0.properties.isCaseIgnorable }
                let isLast = isBehindLetter && !(next?.properties.isCased ?? false)
                parts.append(isLast ? "\u{3C2}" : "\u{3C3}")
            } else {
                parts.append(scalar.properties.lowercaseMapping)
            }
            if !scalar.properties.isCaseIgnorable { isBehindLetter = scalar.properties.isCased }
        }
        return parts
    }

    /// As the method `title`: a letter behind none is upper case, the others are lower case.
    var titled: String { cased(isStartBehind: { !$0.properties.isCased }) { $0.properties.titlecaseMapping } }

    /// As the filter `title`: words start behind white space and opening brackets.
    var titledAtWords: String {
        cased(isStartBehind: { $0.isPythonSpace || "-([{<".unicodeScalars.contains($0) }) {
            $0.properties.uppercaseMapping
        }
    }

    /// Every start by `upper`, what follows it in lower case.
    private func cased(
        isStartBehind: (Unicode.Scalar) -> Bool,
        upper: (Unicode.Scalar) -> String
    ) -> String {
        let lower = lowercaseParts
        var result = ""
        var isStart = true
        for (scalar, lower) in zip(unicodeScalars, lower) {
            result += isStart ? upper(scalar) : lower
            isStart = isStartBehind(scalar)
        }
        return result
    }

    /// For comparisons without regard to case.
    var caseFolded: String {
        var result = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\u{DF}", "\u{1E9E}": result += "ss"
            case "\u{3C2}": result += "\u{3C3}"
            case "\u{17F}": result += "s"
            default: result += scalar.properties.lowercaseMapping
            }
        }
        return result
    }

    var caseSwapped: String {
        var result = ""
        for scalar in unicodeScalars {
            let properties = scalar.properties
            if properties.isUppercase {
                result += properties.lowercaseMapping
            } else if properties.isLowercase {
                result += properties.uppercaseMapping
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
