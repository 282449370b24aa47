/// The filters: `value | name(arguments)`.
extension Renderer {
    func apply(filter name: String, to value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        try charge(Limits.unitsPerStatement)
        if !Self.lightFilters.contains(name) || value.isText { try charge(value.weight) }
        if let result = try textFilter(name, value, arguments) { return result }
        if let result = try listFilter(name, value, arguments) { return result }
        if let result = try choosingFilter(name, value, arguments) { return result }
        if let result = try numberFilter(name, value, arguments) { return result }
        throw TemplateError("No filter named '\(name)'.")
    }

    /// These do not walk through a list that they are given.
    private static let lightFilters: Set<String> = [
        "length", "count", "default", "d", "first", "last", "list", "attr",
    ]

    // MARK: - Texts

    private func textFilter(
        _ name: String,
        _ value: Value,
        _ arguments: Arguments
    ) throws(TemplateError) -> Value? {
        switch name {
        case "trim":
            let kind = try stripped(try arguments.bound(to: ["chars"], of: name)[0], name)
            return try checked(try value.text().stripped(kind))
        case "upper": return try checked(try value.text().uppercased())
        case "lower": return try checked(try value.text().pythonLowercased)
        case "capitalize": return try checked(try value.text().pythonCapitalized)
        case "title":
            return try checked(try value.text().titledAtWords)
        case "string", "safe": return try checked(try value.text())
        case "escape", "e", "forceescape": return try checked(escaped(try value.text()))
        case "replace":
            let values = try arguments.bound(to: ["old", "new", "count"], of: name)
            let old = try text(values[0], name)
            let new = try text(values[1], name)
            var limit = -1
            if let count = values[2], count.isTrue { limit = try integer(count, name, default: -1) }
            return try replacing(try value.text(), old, with: new, atMost: limit)
        case "indent": return try indented(value, arguments)
        case "tojson": return try json(value, arguments)
        case "format":
            return try format(try value.text(), arguments.positional)
        case "wordcount": return .integer(try value.text().unicodeScalars.split { !$0.isWord }.count)
        case "center":
            let width = try integer(try arguments.bound(to: ["width"], of: name)[0], name, default: 80)
            return try centered(try value.text(), width)
        default: return nil
        }
    }

    private func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "'": result += "&#39;"
            case "\"": result += "&#34;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private func centered(_ text: String, _ width: Int) throws(TemplateError) -> Value {
        let missing = width - min(width, text.unicodeScalars.count)
        guard missing > 0 else { return .string(text) }
        guard missing <= Limits.textBytes else {
            throw TemplateError("a text is longer than \(Limits.textBytes) bytes")
        }
        let left = missing / 2 + (missing & width & 1)
        return try checked(
            String(repeating: " ", count: left) + text + String(repeating: " ", count: missing - left)
        )
    }

    private func indented(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let values = try arguments.bound(to: ["width", "first", "blank"], of: "indent")
        var indentation = ""
        if case .string(let text)? = values[0] {
            indentation = text
        } else {
            let width = try integer(values[0], "indent", default: 4)
            guard width <= Limits.textBytes else { throw TemplateError("indent() is too wide") }
            indentation = String(repeating: " ", count: max(0, width))
        }
        let lines = (try text(value, "indent") + "\n").lines()
        let fillsBlank = values[2]?.isTrue ?? false
        var parts: [String] = []
        var size = 0
        for (index, line) in lines.enumerated() {
            let isIndented = index == 0 ? values[1]?.isTrue ?? false : fillsBlank || !line.isEmpty
            parts.append(isIndented ? indentation + line : line)
            size += line.utf8.count + indentation.utf8.count
            guard size <= Limits.textBytes else { throw TemplateError("indent() makes too long a text") }
        }
        return try joined(parts, "\n")
    }

    private func json(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let names = ["ensure_ascii", "indent", "separators", "sort_keys"]
        let values = try arguments.bound(to: names, of: "tojson")
        var indentation: String?
        switch values[1] {
        case nil, .some(.none): break
        case .string(let text)?: indentation = text
        case let width?:
            indentation = String(
                repeating: " ",
                count: max(0, min(64, try integer(width, "tojson", default: 0)))
            )
        }
        var separators: (item: String, key: String)?
        if let given = values[2], given.isTrue {
            let pair = try elements(of: given)
            guard pair.count == 2 else { throw TemplateError("tojson() needs two separators") }
            separators = (try text(pair[0], "tojson"), try text(pair[1], "tojson"))
        }
        if case .undefined = value {
            throw TemplateError("Object of type Undefined is not JSON serializable")
        }
        var writer = JSONText(
            indentation: indentation,
            separators: separators,
            sortsKeys: values[3]?.isTrue ?? false,
            escapesNonASCII: values[0]?.isTrue ?? false
        )
        return try checked(try writer.write(value))
    }

    // MARK: - Numbers

    private func numberFilter(
        _ name: String,
        _ value: Value,
        _ arguments: Arguments
    ) throws(TemplateError) -> Value? {
        switch name {
        case "int":
            let values = try arguments.bound(to: ["default", "base"], of: name)
            return try toInteger(value, radix: try integer(values[1], name, default: 10)) ?? values[0]
                ?? .integer(0)
        case "float":
            let standard = try arguments.bound(to: ["default"], of: name)[0]
            if case .string(let text) = value {
                return PythonNumber.double(text).map(Value.float) ?? standard ?? .float(0)
            }
            if case .undefined(let reason) = value { throw TemplateError(reason) }
            return value.asDouble.map(Value.float) ?? standard ?? .float(0)
        case "abs":
            if let number = value.asInteger {
                return number < 0 ? try Arithmetic.negative(value) : .integer(number)
            }
            if let number = value.asDouble { return .float(number.magnitude) }
            if case .undefined(let reason) = value { throw TemplateError(reason) }
            throw TemplateError("bad operand type for abs(): '\(value.typeName)'")
        case "round": return try rounded(value, arguments)
        default: return nil
        }
    }

    private func toInteger(_ value: Value, radix: Int) throws(TemplateError) -> Value? {
        switch value {
        case .undefined(let reason): throw TemplateError(reason)
        case .string(let text):
            if let number = PythonNumber.integer(text, radix: radix) { return .integer(number) }
            return PythonNumber.double(text).flatMap { Int(exactly: $0.rounded(.towardZero)) }.map(
                Value.integer
            )
        case .float(let number): return Int(exactly: number.rounded(.towardZero)).map(Value.integer)
        default: return value.asInteger.map(Value.integer)
        }
    }

    private func rounded(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let values = try arguments.bound(to: ["precision", "method"], of: "round")
        let digits = try integer(values[0], "round", default: 0)
        if case .undefined(let reason) = value { throw TemplateError(reason) }
        guard let number = value.asDouble else {
            throw TemplateError("type \(value.typeName) doesn't define __round__ method")
        }
        switch try values[1].map({ (method) throws(TemplateError) in try text(method, "round") }) ?? "common"
        {
        case "common":
            // An int stays an int.
            if let integer = value.asInteger, digits >= 0 { return .integer(integer) }
            let result = PythonNumber.rounded(number, digits: digits, .toNearestOrEven)
            return value.asInteger == nil
                ? .float(result) : Int(exactly: result).map(Value.integer) ?? .float(result)
        case "ceil": return .float(PythonNumber.rounded(number, digits: digits, .up))
        case "floor": return .float(PythonNumber.rounded(number, digits: digits, .down))
        default: throw TemplateError("method must be common, ceil or floor")
        }
    }
}
