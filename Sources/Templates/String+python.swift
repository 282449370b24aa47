/// What Python's strings can do, by code points.
extension String {
    /// The same code points; Swift's `==` would also take canonically equivalent ones.
    func isSame(as other: String) -> Bool { utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8) }

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

    func splitAtSpaceFromRight(atMost limit: Int) -> [String] {
        reversedScalars.splitAtSpace(atMost: limit).reversed().map(\.reversedScalars)
    }

    var reversedScalars: String { String(String.UnicodeScalarView(unicodeScalars.reversed())) }

    func starts(with wanted: String) -> Bool { utf8.starts(with: wanted.utf8) }

    func ends(with wanted: String) -> Bool {
        utf8.count >= wanted.utf8.count && utf8.suffix(wanted.utf8.count).elementsEqual(wanted.utf8)
    }

    /// How many characters stand before the first `wanted`.
    func firstPlace(of wanted: String) -> Int? {
        if wanted.isEmpty { return 0 }
        return occurrences(of: wanted, atMost: 1).first.map {
            unicodeScalars.distance(from: startIndex, to: $0.lowerBound)
        }
    }

    /// How many characters stand before the last `wanted`; matches that overlap count too.
    func lastPlace(of wanted: String) -> Int? {
        let count = unicodeScalars.count
        if wanted.isEmpty { return count }
        return reversedScalars.firstPlace(of: wanted.reversedScalars).map {
            count - $0 - wanted.unicodeScalars.count
        }
    }

    /// With `missing` fillers around it; the odd one goes where Python puts it.
    func centered(missing: Int, width: Int, filler: String = " ") -> String {
        guard missing > 0 else { return self }
        let left = missing / 2 + (missing & width & 1)
        return String(repeating: filler, count: left) + self
            + String(repeating: filler, count: missing - left)
    }
}
