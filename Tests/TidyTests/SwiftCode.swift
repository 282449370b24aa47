/// Swift source without what its comments and strings say, line by line, so that code can be searched.
struct SwiftCode: Sendable {
    private(set) var lines: [String] = []
    private var rest: ArraySlice<UInt8>
    private var line: [UInt8] = []

    init(_ text: String) {
        rest = Array(text.utf8)[...]
        skipCode(untilClosingParenthesis: false)
        endLine()
    }

    /// Reads code up to the end of the text, or of the interpolation whose opening parenthesis was read.
    private mutating func skipCode(untilClosingParenthesis isInterpolation: Bool) {
        var depth = 0
        while let byte = rest.first {
            if starts(with: "//") {
                while let byte = rest.first, byte != UInt8(ascii: "\n") { drop(byte) }
            } else if starts(with: "/*") {
                skipBlockComment()
            } else if let pounds = poundsOfString() {
                skipString(pounds)
            } else {
                rest.removeFirst()
                keep(byte)
                if byte == UInt8(ascii: "(") { depth += 1 }
                if byte == UInt8(ascii: ")") { depth -= 1 }
                if isInterpolation && depth < 0 { return }
            }
        }
    }

    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            if starts(with: "/*") {
                depth += 1
                rest.removeFirst(2)
            } else if starts(with: "*/") {
                depth -= 1
                rest.removeFirst(2)
            } else if let byte = rest.first {
                drop(byte)
            }
        } while depth > 0 && !rest.isEmpty
    }

    /// The `#` in front of a string that starts here; nil if none does.
    private func poundsOfString() -> String? {
        guard let byte = rest.first, byte == UInt8(ascii: "#") || byte == UInt8(ascii: "\"") else {
            return nil
        }
        let count = rest.prefix { $0 == UInt8(ascii: "#") }.count
        return rest.dropFirst(count).first == UInt8(ascii: "\"") ? String(repeating: "#", count: count) : nil
    }

    private mutating func skipString(_ pounds: String) {
        rest.removeFirst(pounds.utf8.count)
        let quotes = starts(with: "\"\"\"") ? "\"\"\"" : "\""
        rest.removeFirst(quotes.utf8.count)
        keep(UInt8(ascii: "\""))
        while let byte = rest.first {
            if starts(with: quotes + pounds) {
                rest.removeFirst(quotes.utf8.count + pounds.utf8.count)
                keep(UInt8(ascii: "\""))
                return
            }
            if byte == UInt8(ascii: "\\") && starts(with: "\\" + pounds) {
                rest.removeFirst(1 + pounds.utf8.count)
                guard let escaped = rest.first else { return }
                drop(escaped)
                if escaped == UInt8(ascii: "(") { skipCode(untilClosingParenthesis: true) }
            } else {
                drop(byte)
            }
        }
    }

    private func starts(with text: String) -> Bool { rest.starts(with: text.utf8) }

    private mutating func drop(_ byte: UInt8) {
        rest.removeFirst()
        if byte == UInt8(ascii: "\n") { endLine() }
    }

    private mutating func keep(_ byte: UInt8) {
        if byte == UInt8(ascii: "\n") { endLine() } else { line.append(byte) }
    }

    private mutating func endLine() {
        lines.append(String(decoding: line, as: UTF8.self))
        line.removeAll(keepingCapacity: true)
    }
}
