/// JSON as Python's `json.dumps(…, ensure_ascii=False)` writes it.
struct JSONText {
    var indentation: String?
    var itemSeparator: String
    var keySeparator: String
    var sortsKeys: Bool
    var escapesNonASCII: Bool
    private var text = ""

    init(
        indentation: String?,
        separators: (item: String, key: String)?,
        sortsKeys: Bool,
        escapesNonASCII: Bool
    ) {
        self.indentation = indentation
        itemSeparator = separators?.item ?? (indentation == nil ? ", " : ",")
        keySeparator = separators?.key ?? ": "
        self.sortsKeys = sortsKeys
        self.escapesNonASCII = escapesNonASCII
    }

    mutating func write(_ value: Value) throws(TemplateError) -> String {
        text = ""
        try append(value, depth: 0)
        return text
    }

    private mutating func append(_ value: Value, depth: Int) throws(TemplateError) {
        guard text.utf8.count <= Limits.textBytes else { throw TemplateError("JSON text is too long") }
        switch value {
        case .none: text += "null"
        case .bool(let flag): text += flag ? "true" : "false"
        case .integer(let number): text += String(number)
        case .float(let number): text += Self.text(of: number)
        case .string(let string), .markup(let string): append(quoting: string)
        case .list(let list), .tuple(let list): try append(list.elements, depth)
        case .dictionary(let dictionary): try append(dictionary, depth)
        case .undefined, .iterable, .namespace, .loop, .callable:
            throw TemplateError("Object of type \(value.typeName) is not JSON serializable")
        }
    }

    private mutating func append(_ elements: [Value], _ depth: Int) throws(TemplateError) {
        guard !elements.isEmpty else { return text += "[]" }
        text += "["
        for (index, element) in elements.enumerated() {
            if index > 0 { text += itemSeparator }
            breakLine(depth + 1)
            try append(element, depth: depth + 1)
        }
        breakLine(depth)
        text += "]"
    }

    private mutating func append(_ dictionary: Dictionary, _ depth: Int) throws(TemplateError) {
        guard !dictionary.members.isEmpty else { return text += "{}" }
        var members: [(key: String, value: Value)] = []
        for member in dictionary.members { members.append((try Self.key(member.key), member.value)) }
        if sortsKeys { members.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) } }
        text += "{"
        for (index, member) in members.enumerated() {
            if index > 0 { text += itemSeparator }
            breakLine(depth + 1)
            append(quoting: member.key)
            text += keySeparator
            try append(member.value, depth: depth + 1)
        }
        breakLine(depth)
        text += "}"
    }

    private mutating func breakLine(_ depth: Int) {
        guard let indentation else { return }
        text += "\n"
        for _ in 0..<depth { text += indentation }
    }

    private static func key(_ value: Value) throws(TemplateError) -> String {
        switch value {
        case .string(let text), .markup(let text): text
        case .none: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .integer(let number): String(number)
        case .float(let number): text(of: number)
        default:
            throw TemplateError("keys must be str, int, float, bool or None, not \(value.typeName)")
        }
    }

    private static func text(of number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
        return PythonNumber.text(of: number)
    }

    private mutating func append(quoting string: String) {
        text += "\""
        if string.utf8.allSatisfy({
            $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C && ($0 < 0x7F || !escapesNonASCII)
        }) {
            text += string
        } else {
            for scalar in string.unicodeScalars { append(escaping: scalar) }
        }
        text += "\""
    }

    private mutating func append(escaping scalar: Unicode.Scalar) {
        switch scalar {
        case "\"": text += "\\\""
        case "\\": text += "\\\\"
        case "\n": text += "\\n"
        case "\r": text += "\\r"
        case "\t": text += "\\t"
        case "\u{8}": text += "\\b"
        case "\u{C}": text += "\\f"
        case _ where scalar.value < 0x20:
            text += "\\u" + hexadecimal(scalar, width: 4)
        case _ where escapesNonASCII && scalar.value > 0x7E:
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            }
        default: text.unicodeScalars.append(scalar)
        }
    }
}
