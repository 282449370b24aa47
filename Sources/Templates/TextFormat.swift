/// The two ways in which Python fills values into a text: `%s` and `{}`.
extension Renderer {
    /// `format % arguments`: flags `-`, `0`, `+`, a width, a precision, and the kinds `s r d i f x %`.
    func format(_ format: String, _ arguments: [Value]) throws(TemplateError) -> Value {
        try charge(text: format)
        var result = ""
        var rest = format.unicodeScalars[...]
        var remaining = arguments[...]
        while let scalar = rest.popFirst() {
            guard scalar == "%" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            var flags: Set<Unicode.Scalar> = []
            while let flag = rest.first, ["-", "0", "+", " ", "#"].contains(flag) {
                flags.insert(rest.removeFirst())
            }
            let width = takeNumber(&rest) ?? 0
            var precision: Int?
            if rest.first == "." {
                rest.removeFirst()
                precision = takeNumber(&rest) ?? 0
            }
            guard let kind = rest.popFirst() else { throw TemplateError("incomplete format") }
            if kind == "%" {
                result += "%"
                continue
            }
            guard let value = remaining.popFirst() else {
                throw TemplateError("not enough arguments for format string")
            }
            let text = try converted(value, kind, precision, flags)
            result += padded(text, width, flags)
            guard result.utf8.count <= Limits.textBytes else { break }
        }
        guard remaining.isEmpty || isIgnored(remaining) else {
            throw TemplateError("not all arguments converted during string formatting")
        }
        return try checked(result)
    }

    /// Python forgives a list or dictionary that no place was found for.
    private func isIgnored(_ remaining: ArraySlice<Value>) -> Bool {
        switch remaining.first {
        case .list?, .dictionary?: remaining.count == 1
        default: false
        }
    }

    private func takeNumber(_ rest: inout Substring.UnicodeScalarView) -> Int? {
        var digits = ""
        while let digit = rest.first, digit.isASCII, digit.properties.numericType == .decimal,
            digits.utf8.count < 4
        {
            digits.unicodeScalars.append(rest.removeFirst())
        }
        return Int(digits)
    }

    private func converted(
        _ value: Value,
        _ kind: Unicode.Scalar,
        _ precision: Int?,
        _ flags: Set<Unicode.Scalar>
    ) throws(TemplateError) -> String {
        switch kind {
        case "s", "r":
            try charge(value.weight)
            let text = kind == "s" ? try value.text() : try value.representation()
            return precision.map { String(text.unicodeScalars.prefix($0)) } ?? text
        case "d", "i", "x":
            guard
                let number = value.asInteger
                    ?? value.asDouble.flatMap({ Int(exactly: $0.rounded(.towardZero)) })
            else {
                throw TemplateError("%\(kind) format: a real number is required, not \(value.typeName)")
            }
            let text = String(number, radix: kind == "x" ? 16 : 10)
            return flags.contains("+") && number >= 0 ? "+" + text : text
        case "f":
            guard let number = value.asDouble else {
                throw TemplateError("must be real number, not \(value.typeName)")
            }
            return PythonNumber.text(of: number, decimals: min(precision ?? 6, 100))
        default: throw TemplateError("unsupported format character '\(kind)'")
        }
    }

    private func padded(_ text: String, _ width: Int, _ flags: Set<Unicode.Scalar>) -> String {
        let missing = max(0, width - text.unicodeScalars.count)
        if missing == 0 { return text }
        if flags.contains("-") { return text + String(repeating: " ", count: missing) }
        guard flags.contains("0") else { return String(repeating: " ", count: missing) + text }
        let sign = text.hasPrefix("-") || text.hasPrefix("+") ? 1 : 0
        return text.prefix(sign) + String(repeating: "0", count: missing) + text.dropFirst(sign)
    }

    /// `"{} {name} {0}".format(…)`, without format specifications.
    func formatBraces(_ format: String, _ arguments: Arguments) throws(TemplateError) -> Value {
        var result = ""
        var rest = format.unicodeScalars[...]
        var next = 0
        while let scalar = rest.popFirst() {
            guard scalar == "{" || scalar == "}" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            if rest.first == scalar {
                result.unicodeScalars.append(rest.removeFirst())
                continue
            }
            guard scalar == "{", let end = rest.firstIndex(of: "}") else {
                throw TemplateError("a brace in a format string has no partner")
            }
            let field = String(rest[..<end])
            rest = rest[rest.index(after: end)...]
            let place = field.isEmpty ? next : Int(field)
            if field.isEmpty { next += 1 }
            let positional = place.flatMap {
                arguments.positional.indices.contains($0) ? arguments.positional[$0] : nil
            }
            guard let value = positional ?? arguments[field] else {
                throw TemplateError("format() has no value for '{\(field)}'")
            }
            try charge(value.weight)
            result += try value.text()
            guard result.utf8.count <= Limits.textBytes else { break }
        }
        return try checked(result)
    }
}
