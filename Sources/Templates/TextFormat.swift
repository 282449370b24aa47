/// The two ways in which Python fills values into a text: `%s` and `{}`.
extension Renderer {
    /// `format % argument`; the argument may be a tuple, or a dictionary for `%(name)s`.
    func format(_ owner: Value, _ argument: Value) throws(TemplateError) -> Value {
        let format = try owner.text()
        try charge(text: format)
        var fields = PercentFields(argument)
        var result = ""
        var rest = format.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "%" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            try fields.takeKey(&rest)
            let specification = try fields.specification(&rest)
            if specification.kind == "%" {
                result += "%"
                continue
            }
            var value = try fields.next()
            if case .markup = owner { value = try escaped(value) }
            try charge(value.weight)
            result += try specification.percentText(of: value)
            try checkLength(result.utf8.count)
        }
        try fields.checkAllUsed()
        return try checked(result, like: owner)
    }

    /// Texts beside markup are escaped.
    func escaped(_ value: Value) throws(TemplateError) -> Value {
        switch value {
        case .string(let text): .markup(Markup.escaped(text))
        case .markup, .integer, .float, .bool: value
        default: .markup(Markup.escaped(try value.text()))
        }
    }

    /// `"{} {name} {0:>5}".format(…)`.
    func formatBraces(_ owner: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        var fields = BraceFields(arguments, isMarkup: owner.typeName == "Markup")
        let format = try owner.text()
        try charge(text: format)
        return try checked(try filled(format, &fields, nesting: 0), like: owner)
    }

    private func filled(
        _ format: String,
        _ fields: inout BraceFields,
        nesting: Int
    ) throws(TemplateError) -> String {
        guard nesting <= 2 else { throw TemplateError("Max string recursion exceeded") }
        let (open, close): (Unicode.Scalar, Unicode.Scalar) = ("{", "}")
        var result = ""
        var rest = format.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == open || scalar == close else {
                result.unicodeScalars.append(scalar)
                continue
            }
            if rest.first == scalar {
                result.unicodeScalars.append(rest.removeFirst())
                continue
            }
            guard scalar == open else {
                throw TemplateError("Single '\(close)' encountered in format string")
            }
            let field = try BraceFields.Field(taking: &rest)
            var value = try fields.value(of: field, renderer: self)
            switch field.conversion {
            case nil: break
            case "s": value = .string(try value.text())
            case "r", "a": value = .string(try value.representation())
            case let other?: throw TemplateError("Unknown conversion specifier \(other)")
            }
            let wanted = try filled(field.specification, &fields, nesting: nesting + 1)
            try charge(value.weight)
            let text =
                wanted.isEmpty ? try value.text() : try FormatSpecification(wanted).text(of: value)
            result += fields.isMarkup && value.typeName != "Markup" ? Markup.escaped(text) : text
            try checkLength(result.utf8.count)
        }
        return result
    }
}
