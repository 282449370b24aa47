/// What Python's strings can do, by code points.
extension String {
    enum Stripped {
        case whiteSpace
        case characters(Set<Unicode.Scalar>)

        func contains(_ scalar: Unicode.Scalar) -> Bool {
            switch self {
            case .whiteSpace: scalar.isPythonSpace
            case .characters(let set): set.contains(scalar)
            }
        }
    }

    func stripped(_ kind: Stripped, left: Bool = true, right: Bool = true) -> String {
        var rest = unicodeScalars[...]
        while left, let first = rest.first, kind.contains(first) { rest.removeFirst() }
        while right, let last = rest.last, kind.contains(last) { rest.removeLast() }
        return String(rest)
    }

    /// Where `wanted` occurs, left to right, without overlaps; an empty `wanted` occurs nowhere.
    func occurrences(of wanted: String, atMost limit: Int = .max) -> [Range<Index>] {
        guard !wanted.isEmpty, limit > 0 else { return [] }
        var found: [Range<Index>] = []
        let finder = TextFinder(wanted)
        var start = utf8.startIndex
        while found.count < limit, let match = finder.first(in: utf8[start...]) {
            found.append(match)
            start = match.upperBound
        }
        return found
    }

    func contains(text wanted: String) -> Bool {
        wanted.isEmpty || !occurrences(of: wanted, atMost: 1).isEmpty
    }

    func replacing(_ wanted: String, with replacement: String, atMost limit: Int) -> String {
        if wanted.isEmpty { return interleaved(with: replacement, atMost: limit) }
        let found = occurrences(of: wanted, atMost: limit)
        if found.isEmpty { return self }
        var result = ""
        var end = startIndex
        for match in found {
            result += self[end..<match.lowerBound]
            result += replacement
            end = match.upperBound
        }
        return result + self[end...]
    }

    /// Python puts a replacement for nothing in front of every character and at the end.
    private func interleaved(with replacement: String, atMost limit: Int) -> String {
        var result = ""
        var left = limit
        for scalar in unicodeScalars {
            if left > 0 { result += replacement }
            left -= 1
            result.unicodeScalars.append(scalar)
        }
        return left > 0 ? result + replacement : result
    }

    func split(at separator: String, atMost limit: Int) -> [String] {
        var parts: [String] = []
        var end = startIndex
        for match in occurrences(of: separator, atMost: limit) {
            parts.append(String(self[end..<match.lowerBound]))
            end = match.upperBound
        }
        return parts + [String(self[end...])]
    }

    /// From the right, as `rsplit`.
    func splitFromRight(at separator: String, atMost limit: Int) -> [String] {
        var parts: [String] = []
        var start = endIndex
        // Matches that overlap must be chosen from the right.
        let reversed = String(String.UnicodeScalarView(unicodeScalars.reversed()))
        let wanted = String(String.UnicodeScalarView(separator.unicodeScalars.reversed()))
        for match in reversed.occurrences(of: wanted, atMost: limit) {
            let upper = utf8.index(
                endIndex,
                offsetBy: -reversed.utf8.distance(from: reversed.startIndex, to: match.lowerBound)
            )
            let lower = utf8.index(upper, offsetBy: -separator.utf8.count)
            parts.append(String(self[upper..<start]))
            start = lower
        }
        return [String(self[startIndex..<start])] + parts.reversed()
    }

    /// At runs of white space, without empty parts.
    func splitAtSpace(atMost limit: Int) -> [String] {
        var parts: [String] = []
        var rest = unicodeScalars[...]
        while true {
            rest = rest.drop { $0.isPythonSpace }
            guard !rest.isEmpty else { return parts }
            guard parts.count < limit else {
                parts.append(String(rest))
                return parts
            }
            let word = rest.prefix { !$0.isPythonSpace }
            parts.append(String(word))
            rest = rest[word.endIndex...]
        }
    }

    /// As `splitlines`: no part for what follows a last newline.
    func lines(keepingEnds: Bool = false) -> [String] {
        var lines: [String] = []
        var line = String.UnicodeScalarView()
        var previous: Unicode.Scalar = " "
        var isOpen = false
        for scalar in unicodeScalars {
            if scalar == "\n", previous == "\r", !isOpen {
                if keepingEnds, !lines.isEmpty { lines[lines.count - 1] += "\n" }
            } else if Self.lineEnds.contains(scalar) {
                if keepingEnds { line.append(scalar) }
                lines.append(String(line))
                line = String.UnicodeScalarView()
                isOpen = false
            } else {
                line.append(scalar)
                isOpen = true
            }
            previous = scalar
        }
        if isOpen { lines.append(String(line)) }
        return lines
    }

    private static let lineEnds: Set<Unicode.Scalar> = [
        "\n", "\r", "\u{0B}", "\u{0C}", "\u{1C}", "\u{1D}", "\u{1E}", "\u{85}", "\u{2028}", "\u{2029}",
    ]

    /// The first character upper case, the others lower case.
    var pythonCapitalized: String {
        guard let first = unicodeScalars.first else { return "" }
        return first.properties.titlecaseMapping + String(unicodeScalars.dropFirst()).pythonLowercased
    }

    /// Lower case, with the other sigma at the end of a word.
    var pythonLowercased: String {
        guard utf8.contains(0xCE), contains(text: "\u{3A3}") else { return lowercased() }
        let scalars = Array(unicodeScalars)
        var result = ""
        var isBehindLetter = false
        for (index, scalar) in scalars.enumerated() {
            if scalar == "\u{3A3}" {
                let next = scalars[(index + 1)...].prefix(64).first { !$0.properties.isCaseIgnorable }
                let isLast = isBehindLetter && !(next?.properties.isCased ?? false)
                result += isLast ? "\u{3C2}" : "\u{3C3}"
            } else {
                result += scalar.properties.lowercaseMapping
            }
            if !scalar.properties.isCaseIgnorable { isBehindLetter = scalar.properties.isCased }
        }
        return result
    }

    /// As the method `title`: a letter behind none is upper case, the others are lower case.
    var titled: String {
        var result = ""
        var isStart = true
        for scalar in unicodeScalars {
            result += isStart ? scalar.properties.titlecaseMapping : scalar.properties.lowercaseMapping
            isStart = !scalar.properties.isCased
        }
        return result
    }

    /// As the filter `title`: words start behind white space and opening brackets.
    var titledAtWords: String {
        var result = ""
        var isStart = true
        for scalar in unicodeScalars {
            result += isStart ? scalar.properties.uppercaseMapping : scalar.properties.lowercaseMapping
            isStart = scalar.isPythonSpace || "-([{<".unicodeScalars.contains(scalar)
        }
        return result
    }
}

/// Looks for one text in others, in time linear in both (Knuth, Morris, Pratt).
struct TextFinder {
    private let wanted: [UInt8]
    /// For each prefix of `wanted`: the length of its longest proper prefix that is also its end.
    private let borders: [Int]

    init(_ text: String) {
        wanted = Array(text.utf8)
        var borders = Array(repeating: 0, count: wanted.count)
        var length = 0
        for index in wanted.indices.dropFirst() {
            while length > 0, wanted[index] != wanted[length] { length = borders[length - 1] }
            if wanted[index] == wanted[length] { length += 1 }
            borders[index] = length
        }
        self.borders = borders
    }

    /// UTF-8 cannot match across character boundaries, so a match of bytes is a match of characters.
    func first(in text: Substring.UTF8View) -> Range<String.Index>? {
        var length = 0
        var index = text.startIndex
        while index != text.endIndex {
            let byte = text[index]
            while length > 0, byte != wanted[length] { length = borders[length - 1] }
            if byte == wanted[length] { length += 1 }
            index = text.index(after: index)
            if length == wanted.count { return text.index(index, offsetBy: -length)..<index }
        }
        return nil
    }
}
