/// Cuts a template into tokens.
///
/// White space is treated as transformers sets Jinja up: the newline behind a block or comment goes, and so
/// does the indentation in front of one; `-` beside a brace takes all white space on its side, `+` keeps it.
/// One pass.
struct Lexer {
    private static let openBrace: UInt8 = 0x7B
    private static let closeBrace: UInt8 = 0x7D
    private static let percent: UInt8 = 0x25
    private static let hash: UInt8 = 0x23
    private static let tagKinds = [openBrace, percent, hash]

    private let source: [UInt8]
    private var place = 0
    private var line = 1
    private var tokens: [Token] = []
    /// Whether the text at `place` starts a line of its own: what was consumed last ended in a newline.
    private var isLineStart = true

    static func tokens(of source: String) throws(TemplateError) -> [Token] {
        guard source.utf8.count <= Limits.sourceBytes else {
            throw TemplateError("the template is longer than \(Limits.sourceBytes) bytes")
        }
        var lexer = Lexer(source: unified(source))
        try lexer.run()
        return lexer.tokens
    }

    private init(source: [UInt8]) { self.source = source }

    /// Every kind of newline becomes one `\n`, and a last one goes.
    private static func unified(_ source: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(source.utf8.count)
        var previous: UInt8 = 0
        for byte in source.utf8 {
            if byte == 0x0D {
                bytes.append(0x0A)
            } else if byte != 0x0A || previous != 0x0D {
                bytes.append(byte)
            }
            previous = byte
        }
        if bytes.last == 0x0A { bytes.removeLast() }
        return bytes
    }

    // MARK: - Outside of tags

    private mutating func run() throws(TemplateError) {
        while place < source.count {
            guard let start = nextTag() else {
                appendText(place..<source.count)
                place = source.count
                break
            }
            let kind = source[start + 1]
            let sign = Sign(at: start + 2, in: source)
            let text = kept(place..<start, before: kind, sign)
            appendText(text)
            count(from: text.upperBound, to: start)
            place = start + 2 + sign.byteCount
            switch kind {
            case Self.hash: try skipComment()
            case Self.percent: if try !takeRaw() { try takeTag(.blockStart) }
            default: try takeTag(.variableStart)
            }
        }
        tokens.append(Token(kind: .end, line: line))
    }

    private enum Sign {
        case none
        case minus
        case plus

        init(at place: Int, in source: [UInt8]) {
            switch place < source.count ? source[place] : 0 {
            case UInt8(ascii: "-"): self = .minus
            case UInt8(ascii: "+"): self = .plus
            default: self = .none
            }
        }

        var byteCount: Int { self == .none ? 0 : 1 }
    }

    private func nextTag() -> Int? {
        var index = place
        while index + 1 < source.count {
            if source[index] == Self.openBrace, Self.tagKinds.contains(source[index + 1]) {
                return index
            }
            index += 1
        }
        return nil
    }

    /// The part of a text that stays, given what kind of tag follows.
    private func kept(_ text: Range<Int>, before kind: UInt8, _ sign: Sign) -> Range<Int> {
        switch sign {
        case .plus: return text
        case .minus:
            var end = text.upperBound
            while end > text.lowerBound, let start = spaceStart(endingAt: end, from: text.lowerBound) {
                end = start
            }
            return text.lowerBound..<end
        case .none:
            guard kind != Self.openBrace else { return text }
            var end = text.upperBound
            while end > text.lowerBound, source[end - 1] != 0x0A,
                let start = spaceStart(endingAt: end, from: text.lowerBound)
            {
                end = start
            }
            let reachesLineStart = end > text.lowerBound ? source[end - 1] == 0x0A : isLineStart
            return reachesLineStart ? text.lowerBound..<end : text
        }
    }

    private mutating func appendText(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        tokens.append(Token(kind: .text(String(decoding: source[range], as: UTF8.self)), line: line))
        count(from: range.lowerBound, to: range.upperBound)
    }

    private mutating func count(from start: Int, to end: Int) {
        for index in start..<end where source[index] == 0x0A { line += 1 }
    }

    private mutating func advance(to end: Int) {
        count(from: place, to: end)
        place = end
    }

    private mutating func skipComment() throws(TemplateError) {
        // Jinja takes an opening at the very end for a whole comment.
        if place == source.count { return }
        var end = place
        while end + 1 < source.count, source[end] != Self.hash || source[end + 1] != Self.closeBrace {
            end += 1
        }
        guard end + 1 < source.count else { throw TemplateError("a comment has no end", line: line) }
        let sign = end > place ? Sign(at: end - 1, in: source) : .none
        advance(to: end + 2)
        finishTag(sign, takesNewline: true)
    }

    /// Behind the closing brace of a tag.
    private mutating func finishTag(_ sign: Sign, takesNewline: Bool) {
        let end = place
        if sign == .minus {
            while place < source.count, case let length = spaceLength(at: place), length > 0 {
                advance(to: place + length)
            }
        } else if sign == .none, takesNewline, place < source.count, source[place] == 0x0A {
            advance(to: place + 1)
        }
        isLineStart = place > end && source[place - 1] == 0x0A
    }

    // MARK: - Raw blocks

    /// Behind `{%`: takes a whole raw block when this starts one.
    private mutating func takeRaw() throws(TemplateError) -> Bool {
        guard let (bodyStart, sign) = keywordTag("raw", at: place) else { return false }
        advance(to: bodyStart)
        if sign == .minus { finishTag(sign, takesNewline: false) }
        isLineStart = false
        if place == source.count { return true }
        var index = place
        while index + 1 < source.count {
            if source[index] == Self.openBrace, source[index + 1] == Self.percent {
                let opening = Sign(at: index + 2, in: source)
                if let (end, closing) = keywordTag("endraw", at: index + 2 + opening.byteCount) {
                    appendText(kept(place..<index, before: Self.percent, opening))
                    place = end
                    finishTag(closing, takesNewline: true)
                    return true
                }
            }
            index += 1
        }
        throw TemplateError("a raw block has no end", line: line)
    }

    private func keywordTag(_ keyword: String, at start: Int) -> (end: Int, sign: Sign)? {
        var index = start
        while index < source.count, case let length = spaceLength(at: index), length > 0 { index += length }
        guard source[index...].starts(with: keyword.utf8) else { return nil }
        index += keyword.utf8.count
        while index < source.count, case let length = spaceLength(at: index), length > 0 { index += length }
        let sign = Sign(at: index, in: source)
        index += sign.byteCount
        return source[min(index, source.count)...].starts(with: [Self.percent, Self.closeBrace])
            ? (index + 2, sign) : nil
    }

    // MARK: - Inside of tags

    private mutating func takeTag(_ start: Token.Kind) throws(TemplateError) {
        let isBlock = start == .blockStart
        let closing = isBlock ? Self.percent : Self.closeBrace
        tokens.append(Token(kind: start, line: line))
        var open: [UInt8] = []
        while true {
            while place < source.count, case let length = spaceLength(at: place), length > 0 {
                advance(to: place + length)
            }
            guard place < source.count else { throw TemplateError("a tag has no end", line: line) }
            if open.isEmpty, let sign = tagEnd(closing, isBlock) {
                tokens.append(Token(kind: isBlock ? .blockEnd : .variableEnd, line: line))
                place += 2 + sign.byteCount
                return finishTag(sign, takesNewline: isBlock)
            }
            try takeToken(&open)
        }
    }

    private func tagEnd(_ closing: UInt8, _ isBlock: Bool) -> Sign? {
        let sign = Sign(at: place, in: source)
        if sign == .plus, !isBlock { return nil }
        let end = place + sign.byteCount
        return end + 1 < source.count && source[end] == closing && source[end + 1] == Self.closeBrace
            ? sign : nil
    }

    private mutating func takeToken(_ open: inout [UInt8]) throws(TemplateError) {
        let byte = source[place]
        let startLine = line
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
            let text = try takeString(quote: byte)
            return tokens.append(Token(kind: .string(text), line: startLine))
        }
        if isDigit(byte) { return tokens.append(Token(kind: try takeNumber(), line: line)) }
        if isNameByte(byte) {
            let start = place
            while place < source.count, isNameByte(source[place]) { place += 1 }
            let name = String(decoding: source[start..<place], as: UTF8.self)
            return tokens.append(Token(kind: .name(name), line: line))
        }
        let symbol = try symbol(at: place)
        switch byte {
        case UInt8(ascii: "("), UInt8(ascii: "["), Self.openBrace: open.append(byte)
        case UInt8(ascii: ")"), UInt8(ascii: "]"), Self.closeBrace:
            let opening = open.popLast()
            let fits =
                opening == UInt8(ascii: "(")
                ? byte == UInt8(ascii: ")") : opening.map { $0 + 2 == byte } ?? false
            guard fits else { throw TemplateError("unexpected '\(symbol)'", line: line) }
        default: break
        }
        place += symbol.utf8.count
        tokens.append(Token(kind: .symbol(symbol), line: line))
    }

    private static let pairs: Set<String> = ["//", "**", "==", "!=", ">=", "<="]
    private static let singles: Set<String> = [
        "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[", "]", "{", "}", ".", ":", "|", ",",
    ]

    private func symbol(at place: Int) throws(TemplateError) -> String {
        let pair = String(decoding: source[place..<min(place + 2, source.count)], as: UTF8.self)
        if Self.pairs.contains(pair) { return pair }
        let single = String(decoding: source[place..<place + 1], as: UTF8.self)
        guard Self.singles.contains(single) else {
            throw TemplateError("unexpected character '\(single)'", line: line)
        }
        return single
    }

    private mutating func takeString(quote: UInt8) throws(TemplateError) -> String {
        let startLine = line
        var end = place + 1
        while end < source.count, source[end] != quote { end += source[end] == UInt8(ascii: "\\") ? 2 : 1 }
        guard end < source.count else { throw TemplateError("a string has no end", line: startLine) }
        let body = source[place + 1..<end]
        advance(to: end + 1)
        guard let text = StringEscapes.resolve(body) else {
            throw TemplateError("a string has a broken escape", line: startLine)
        }
        return text
    }

    private mutating func takeNumber() throws(TemplateError) -> Token.Kind {
        let start = place
        let previous = start > 0 ? source[start - 1] : 0
        if source[place] == UInt8(ascii: "0"), place + 1 < source.count, let radix = radix(source[place + 1])
        {
            place += 2
            while place < source.count, isNameByte(source[place]) { place += 1 }
            let digits = source[start + 2..<place].filter { $0 != UInt8(ascii: "_") }
            return .integer(try number(Int(String(decoding: digits, as: UTF8.self), radix: radix)))
        }
        takeDigits()
        var isFloat = false
        if previous != UInt8(ascii: "."), place + 1 < source.count, source[place] == UInt8(ascii: "."),
            isDigit(source[place + 1])
        {
            isFloat = true
            place += 1
            takeDigits()
        }
        if previous != UInt8(ascii: "."), let exponentStart = exponentDigits() {
            isFloat = true
            place = exponentStart
            takeDigits()
        }
        let text = String(decoding: source[start..<place].filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
        return isFloat ? .float(try number(Double(text))) : .integer(try number(Int(text)))
    }

    private func number<Number>(_ value: Number?) throws(TemplateError) -> Number {
        guard let value else { throw TemplateError("a number is not valid or too large", line: line) }
        return value
    }

    private mutating func takeDigits() {
        while place < source.count, isDigit(source[place]) || source[place] == UInt8(ascii: "_") {
            place += 1
        }
    }

    /// Where the digits of an exponent start, when there is one here.
    private func exponentDigits() -> Int? {
        guard place < source.count, source[place] | 0x20 == UInt8(ascii: "e") else { return nil }
        let digits = place + 1 + Sign(at: place + 1, in: source).byteCount
        return digits < source.count && isDigit(source[digits]) ? digits : nil
    }

    private func radix(_ byte: UInt8) -> Int? {
        switch byte | 0x20 {
        case UInt8(ascii: "b"): 2
        case UInt8(ascii: "o"): 8
        case UInt8(ascii: "x"): 16
        default: nil
        }
    }

    private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private func isNameByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x41...0x5A).contains(byte & 0xDF) && byte < 0x80 || byte == UInt8(ascii: "_")
            || byte >= 0x80
    }

    /// How many bytes of white space start here: 0 where none does.
    private func spaceLength(at index: Int) -> Int {
        let byte = source[index]
        if byte < 0x80 { return Unicode.Scalar(byte).isPythonSpace ? 1 : 0 }
        let length = byte < 0xE0 ? 2 : 3
        let bytes = source[index..<min(index + length, source.count)]
        let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars
        return scalars.first.map { scalars.count == 1 && $0.isPythonSpace ? length : 0 } ?? 0
    }

    /// The start of the white space character that ends at `end`.
    private func spaceStart(endingAt end: Int, from lowest: Int) -> Int? {
        var start = end - 1
        while start > lowest, source[start] & 0xC0 == 0x80 { start -= 1 }
        return spaceLength(at: start) == end - start ? start : nil
    }
}
