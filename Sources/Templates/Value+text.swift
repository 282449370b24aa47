/// How values are printed: what Python's `str` and `repr` give.
extension Value {
    /// What `{{ value }}` writes.
    func text() throws(TemplateError) -> String {
        if let text = asText { return text }
        if case .undefined = self { return "" }
        var text = ""
        try appendRepresentation(to: &text, depth: 0)
        return text
    }

    /// As the value appears inside of a list.
    func representation() throws(TemplateError) -> String {
        var text = ""
        try appendRepresentation(to: &text, depth: 0)
        return text
    }

    private func appendRepresentation(to text: inout String, depth: Int) throws(TemplateError) {
        guard depth <= Limits.valueDepth, text.utf8.count <= Limits.textBytes else {
            throw TemplateError(
                "a value is nested deeper than \(Limits.valueDepth) or longer than \(Limits.textBytes) bytes"
            )
        }
        switch self {
        case .undefined: text += "Undefined"
        case .none: text += "None"
        case .bool(let flag): text += flag ? "True" : "False"
        case .integer(let value): text += String(value)
        case .float(let value): text += PythonNumber.text(of: value)
        case .string(let string): Self.append(quoting: string, to: &text)
        case .markup(let string):
            text += "Markup("
            Self.append(quoting: string, to: &text)
            text += ")"
        case .list(let list): try Self.append(list.elements, "[", "]", to: &text, depth)
        case .tuple(let list):
            try Self.append(list.elements, "(", list.elements.count == 1 ? ",)" : ")", to: &text, depth)
        case .dictionary(let dictionary): try Self.append(dictionary, to: &text, depth)
        case .iterable(let iterable): try Self.append(iterable, to: &text, depth)
        case .namespace(let namespace):
            let members = namespace.members.map { (key: Value.string($0.name), value: $0.value) }
            text += "<Namespace "
            try Self.append(Dictionary(members), to: &text, depth)
            text += ">"
        case .loop(let loop): text += "<LoopContext \(loop.index + 1)/\(loop.elements.count)>"
        case .callable(let callable): text += callable.description
        }
    }

    private static func append(
        _ elements: [Value],
        _ start: String,
        _ end: String,
        to text: inout String,
        _ depth: Int
    ) throws(TemplateError) {
        text += start
        for (index, element) in elements.enumerated() {
            if index > 0 { text += ", " }
            try element.appendRepresentation(to: &text, depth: depth + 1)
        }
        text += end
    }

    private static func append(
        _ iterable: Iterable,
        to text: inout String,
        _ depth: Int
    ) throws(TemplateError) {
        switch iterable.kind {
        case .range:
            let (start, stop, step) = iterable.bounds
            text += "range(\(start), \(stop)\(step == 1 ? "" : ", \(step)"))"
        case .keys, .values, .items:
            try append(iterable.rest(), iterable.kind.rawValue + "([", "])", to: &text, depth)
        case .generator, .reversed, .reversedList: text += "<\(iterable.kind.rawValue) object>"
        }
    }

    private static func append(
        _ dictionary: Dictionary,
        to text: inout String,
        _ depth: Int
    ) throws(TemplateError) {
        text += "{"
        for (index, member) in dictionary.members.enumerated() {
            if index > 0 { text += ", " }
            try member.key.appendRepresentation(to: &text, depth: depth + 1)
            text += ": "
            try member.value.appendRepresentation(to: &text, depth: depth + 1)
        }
        text += "}"
    }

    /// Single quotes, unless the text has some and no double ones.
    private static func append(quoting string: String, to text: inout String) {
        let hasSingle = string.utf8.contains(UInt8(ascii: "'"))
        let quote: Unicode.Scalar = hasSingle && !string.utf8.contains(UInt8(ascii: "\"")) ? "\"" : "'"
        text.unicodeScalars.append(quote)
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            case "\r": text += "\\r"
            case "\\": text += "\\\\"
            case quote:
                text += "\\"
                text.unicodeScalars.append(quote)
            case _ where scalar.isPythonPrintable: text.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x100: text += "\\x" + hexadecimal(scalar, width: 2)
            case _ where scalar.value < 0x1_0000: text += "\\u" + hexadecimal(scalar, width: 4)
            default: text += "\\U" + hexadecimal(scalar, width: 8)
            }
        }
        text.unicodeScalars.append(quote)
    }
}

/// Lower-case hexadecimal digits, filled up with zeros.
func hexadecimal(_ scalar: Unicode.Scalar, width: Int) -> String {
    let digits = String(scalar.value, radix: 16)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

extension Unicode.Scalar {
    /// What Python's `str.isspace` accepts.
    var isPythonSpace: Bool {
        if isASCII { return value == 0x20 || (0x09...0x0D).contains(value) || (0x1C...0x1F).contains(value) }
        return value == 0x85 || properties.generalCategory == .spaceSeparator || value == 0x2028
            || value == 0x2029
    }

    /// What Python's `repr` writes as it is.
    var isPythonPrintable: Bool {
        if isASCII { return value >= 0x20 && value < 0x7F }
        return switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            false
        default: true
        }
    }
}
