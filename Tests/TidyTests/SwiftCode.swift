/// Swift source without what its comments and strings say, line by line, so that code can be searched.
struct SwiftCode {
    private(set) var lines: [String] = []
    private var rest: Substring
    private var line = ""

    init(_ text: String) {
        rest = text[...]
        skipCode(untilClosingParenthesis: false)
        lines.append(line)
    }

    /// Reads code up to the end of the text, or of the interpolation whose opening parenthesis was read.
    private mutating func skipCode(untilClosingParenthesis isInterpolation: Bool) {
        var depth = 0
        while let letter = rest.first {
            if rest.hasPrefix("//") {
                while let letter = rest.first, letter != "\n" { drop(letter) }
            } else if rest.hasPrefix("/*") {
                skipBlockComment()
            } else if let hashes = stringStart() {
                skipString(hashes)
            } else {
                rest.removeFirst()
                keep(letter)
                if letter == "(" { depth += 1 }
                if letter == ")" { depth -= 1 }
                if isInterpolation && depth < 0 { return }
            }
        }
    }

    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            if rest.hasPrefix("/*") {
                depth += 1
                rest.removeFirst(2)
            } else if rest.hasPrefix("*/") {
                depth -= 1
                rest.removeFirst(2)
            } else if let letter = rest.first {
                drop(letter)
            }
        } while depth > 0 && !rest.isEmpty
    }

    /// The number of `#` in front of a string that starts here.
    private func stringStart() -> Int? {
        let hashes = rest.prefix { $0 == "#" }.count
        return rest.dropFirst(hashes).first == "\"" ? hashes : nil
    }

    private mutating func skipString(_ hashes: Int) {
        let pounds = String(repeating: "#", count: hashes)
        rest.removeFirst(hashes)
        let quotes = rest.hasPrefix("\"\"\"") ? "\"\"\"" : "\""
        rest.removeFirst(quotes.count)
        keep("\"")
        while let letter = rest.first {
            if rest.hasPrefix(quotes + pounds) {
                rest.removeFirst(quotes.count + hashes)
                keep("\"")
                return
            }
            if rest.hasPrefix("\\" + pounds + "(") {
                rest.removeFirst(2 + hashes)
                skipCode(untilClosingParenthesis: true)
            } else if rest.hasPrefix("\\" + pounds), rest.count > 1 + hashes {
                rest.removeFirst(1 + hashes)
                if let escaped = rest.first { drop(escaped) }
            } else {
                drop(letter)
            }
        }
    }

    private mutating func drop(_ letter: Character) {
        rest.removeFirst()
        if letter == "\n" { keep("\n") }
    }

    private mutating func keep(_ letter: Character) {
        guard letter == "\n" else { return line.append(letter) }
        lines.append(line)
        line = ""
    }
}
