/// The values for the places of a `%` format, in order or by name.
struct PercentFields {
    private let whole: Value
    private var remaining: ArraySlice<Value>
    private var key: String?
    private var usedNames = false

    init(_ argument: Value) {
        whole = argument
        if case .tuple(let list) = argument { remaining = list.elements[...] } else { remaining = [argument] }
    }

    /// The `(name)` behind a `%`, if there is one.
    mutating func takeKey(_ rest: inout Substring.UnicodeScalarView) throws(TemplateError) {
        key = nil
        guard rest.first == "(" else { return }
        guard let end = rest.firstIndex(of: ")") else { throw TemplateError("incomplete format key") }
        key = String(rest[rest.index(after: rest.startIndex)..<end])
        rest = rest[rest.index(after: end)...]
    }

    /// Flags, width, precision and kind; `*` takes a value.
    mutating func specification(
        _ rest: inout Substring.UnicodeScalarView
    ) throws(TemplateError) -> FormatSpecification {
        var result = FormatSpecification()
        var isLeft = false
        while let flag = rest.first, ["-", "0", "+", " ", "#"].contains(flag) {
            rest.removeFirst()
            switch flag {
            case "-": isLeft = true
            case "0": if result.alignment == nil { (result.fill, result.alignment) = ("0", "=") }
            case "#": result.isAlternative = true
            default: if result.sign != "+" { result.sign = flag }
            }
        }
        result.width = try number(&rest) ?? 0
        if result.width < 0 {
            isLeft = true
            result.width = result.width == .min ? 0 : -result.width
        }
        if isLeft { (result.fill, result.alignment) = (" ", "<") }
        if rest.first == "." {
            rest.removeFirst()
            result.precision = max(0, try number(&rest) ?? 0)
        }
        while let size = rest.first, ["h", "l", "L"].contains(size) { rest.removeFirst() }
        guard let kind = rest.popFirst() else { throw TemplateError("incomplete format") }
        result.kind = kind
        return result
    }

    private mutating func number(_ rest: inout Substring.UnicodeScalarView) throws(TemplateError) -> Int? {
        guard rest.first == "*" else { return try FormatSpecification.number(&rest) }
        rest.removeFirst()
        guard let number = try next().asInteger else { throw TemplateError("* wants int") }
        return number
    }

    mutating func next() throws(TemplateError) -> Value {
        if let key {
            guard case .dictionary(let dictionary) = whole else {
                throw TemplateError("format requires a mapping")
            }
            usedNames = true
            guard let value = dictionary[.string(key)] else {
                throw TemplateError(try Value.string(key).representation())
            }
            return value
        }
        guard let value = remaining.popFirst() else {
            throw TemplateError("not enough arguments for format string")
        }
        return value
    }

    /// Python forgives a list or dictionary that no place was found for.
    func checkAllUsed() throws(TemplateError) {
        guard !usedNames, !remaining.isEmpty else { return }
        switch whole {
        case .list, .dictionary: return
        default: throw TemplateError("not all arguments converted during string formatting")
        }
    }
}

extension FormatSpecification {
    /// What a `%` format writes: numbers are cut, everything can be a text, and texts go to the right.
    func percentText(of value: Value) throws(TemplateError) -> String {
        var copy = self
        let isZeroFilled = alignment == "=" && fill == "0"
        switch kind {
        case "s", "r", "a":
            copy.kind = "s"
            if alignment == nil || isZeroFilled { (copy.fill, copy.alignment) = (" ", ">") }
            let text = kind == "s" ? try value.text() : try value.representation()
            return try copy.text(of: .string(text))
        case "d", "i", "u", "x", "X", "o", "c":
            return try copy.wholeText(of: value)
        case "e", "E", "f", "F", "g", "G":
            guard let number = value.asDouble else {
                throw TemplateError("must be real number, not \(value.typeName)")
            }
            return try copy.text(of: number)
        default:
            let code = kind.map { "0x" + String($0.value, radix: 16) } ?? ""
            throw TemplateError(
                "unsupported format character '\(kind.map(String.init) ?? "")' (\(code))"
            )
        }
    }

    private mutating func wholeText(of value: Value) throws(TemplateError) -> String {
        if kind == "c", let text = value.asText {
            guard text.unicodeScalars.count == 1 else { throw TemplateError("%c requires int or char") }
            if alignment == nil { alignment = ">" }
            return try withKind(nil).text(of: .string(text))
        }
        let isDecimal = kind == "d" || kind == "i" || kind == "u"
        guard let number = value.asInteger ?? (isDecimal ? Self.cut(value) : nil) else {
            let wanted = isDecimal ? "a real number" : "an integer"
            throw TemplateError(
                "%\(kind.map(String.init) ?? "") format: \(wanted) is required, not \(value.typeName)"
            )
        }
        if kind == "c", alignment == nil { alignment = ">" }
        guard let digits = precision else { return try text(of: number) }
        // A precision of a whole number is its least count of digits.
        precision = nil
        var inner = FormatSpecification()
        (inner.fill, inner.alignment, inner.kind) = ("0", "=", kind)
        inner.width = digits + (number < 0 ? 1 : 0)
        let text = try inner.text(of: number)
        if alignment == nil || alignment == "=" { (fill, alignment) = (" ", ">") }
        return try withKind(nil).text(of: .string(number >= 0 && sign != "-" ? String(sign) + text : text))
    }

    private func withKind(_ kind: Unicode.Scalar?) -> FormatSpecification {
        var copy = self
        copy.kind = kind
        return copy
    }

    private static func cut(_ value: Value) -> Int? {
        value.asDouble.flatMap { Int(exactly: $0.rounded(.towardZero)) }
    }
}
