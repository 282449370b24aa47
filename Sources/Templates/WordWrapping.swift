/// Breaks a paragraph into lines of a width, as Python's `textwrap` does.
///
/// Parts are slices of the text: a long word loses a line at a time, and copying the rest each time would
/// take a time that grows with the square of its length.
struct WordWrapping {
    private typealias Part = ArraySlice<Unicode.Scalar>

    var width: Int
    var breaksLongWords: Bool
    var breaksAtHyphens: Bool

    func lines(of text: String) -> [String] {
        var chunks = Array(self.chunks(of: Array(text.unicodeScalars)).reversed())
        var lines: [String] = []
        while !chunks.isEmpty {
            var line: [Part] = []
            var count = 0
            if !lines.isEmpty, let first = chunks.last, isSpace(first) { chunks.removeLast() }
            while let next = chunks.last, count + next.count <= width {
                line.append(chunks.removeLast())
                count += next.count
            }
            if let next = chunks.last, next.count > width { takeLong(&chunks, &line, count) }
            if let last = line.last, isSpace(last) { line.removeLast() }
            if !line.isEmpty { lines.append(String(String.UnicodeScalarView(line.joined()))) }
        }
        return lines
    }

    /// A chunk that fits into no line: as much of it as this line takes, or all of it on a line of its own.
    private func takeLong(
        _ chunks: inout [Part],
        _ line: inout [Part],
        _ count: Int
    ) {
        guard breaksLongWords else {
            if line.isEmpty { line.append(chunks.removeLast()) }
            return
        }
        let chunk = chunks.removeLast()
        let space = max(1, width - count)
        var end = chunk.startIndex + min(space, chunk.count)
        if breaksAtHyphens, chunk.count > space,
            let hyphen = chunk[..<end].lastIndex(of: "-"), hyphen > chunk.startIndex,
            chunk[..<hyphen].contains(where: { $0 != "-" })
        {
            end = hyphen + 1
        }
        line.append(chunk[..<end])
        chunks.append(chunk[end...])
    }

    private func isSpace(_ chunk: Part) -> Bool {
        chunk.allSatisfy { Self.spaces.contains($0) }
    }

    private static let spaces: Set<Unicode.Scalar> = [" ", "\t", "\n", "\u{0B}", "\u{0C}", "\r"]

    /// Words and the spaces between them; words with hyphens as several.
    private func chunks(of text: [Unicode.Scalar]) -> [Part] {
        var chunks: [Part] = []
        var start = 0
        while start < text.count {
            let isBlank = Self.spaces.contains(text[start])
            var end = start
            while end < text.count, Self.spaces.contains(text[end]) == isBlank { end += 1 }
            let word = text[start..<end]
            if isBlank || !breaksAtHyphens { chunks.append(word) } else { chunks += parts(of: Array(word)) }
            start = end
        }
        return chunks
    }

    /// Breaks behind a hyphen that stands between two letters on the left and two on the right, and around
    /// long dashes.
    private func parts(of word: [Unicode.Scalar]) -> [Part] {
        func isLetter(_ place: Int) -> Bool {
            place >= 0 && place < word.count && word[place].isWord && !word[place].isDigit
        }
        func isWord(_ place: Int) -> Bool {
            place >= 0 && place < word.count
                && (word[place].isWord || "!\"'&.,?".unicodeScalars.contains(word[place]))
        }
        var parts: [Part] = []
        var start = 0
        var place = 0
        while place < word.count {
            guard word[place] == "-" else {
                place += 1
                continue
            }
            var end = place
            while end < word.count, word[end] == "-" { end += 1 }
            if end - place >= 2, isWord(place - 1), end < word.count, word[end].isWord {
                parts.append(word[start..<place])
                parts.append(word[place..<end])
                start = end
            } else if end - place == 1, isLetter(place - 1),
                isLetter(place - 2) || place >= 2 && word[place - 2] == "-" && isLetter(place - 3),
                isLetter(end),
                isLetter(end + 1) || end + 2 < word.count && word[end + 1] == "-" && isLetter(end + 2)
            {
                parts.append(word[start..<end])
                start = end
            }
            place = end
        }
        if start < word.count { parts.append(word[start...]) }
        return parts.filter { !$0.isEmpty }
    }
}
