internal import Constraints
internal import Contract
internal import JSON

/// The fields that say what a text must be like, in the words of every API that has some.
struct ConstraintFields {
    private let fields: RequestFields
    /// Each field that asked for something, with what it asked for.
    private var found: [(field: String, constraint: OutputConstraint)] = []

    /// The constraint of a request; nil where none is asked for.
    ///
    /// It is compiled here, so that the client hears at once what is wrong with it and in which field.
    static func constraint(
        _ fields: RequestFields,
        _ dialect: Dialect
    ) throws(DialectError) -> OutputConstraint? {
        var read = ConstraintFields(fields: fields)
        switch dialect {
        case .openAI: try read.readOpenAI()
        case .anthropic: try read.readAnthropic()
        }
        guard let first = read.found.first else { return nil }
        if let second = read.found.dropFirst().first {
            throw .invalid(second.field, "cannot be combined with \(first.field)")
        }
        try check(first.constraint, first.field)
        return first.constraint
    }

    private init(fields: RequestFields) { self.fields = fields }

    private static func check(_ constraint: OutputConstraint, _ field: String) throws(DialectError) {
        do throws(ConstraintError) {
            _ = try CompiledConstraint(constraint)
        } catch {
            let rest = "cannot be used: \(error)"
            throw error.keyword == nil ? .invalid(field, rest) : .unsupported(field, rest)
        }
    }

    // MARK: APIs

    private mutating func readOpenAI() throws(DialectError) {
        try readFormat()
        if let value = fields["guided_json"] { try readSchema(value, at: fields.name("guided_json")) }
        try readText("guided_regex", of: fields, as: .regex)
        try readText("guided_grammar", of: fields, as: .grammar)
        try readChoice("guided_choice", of: fields)
        if let value = fields["json_schema"] { try readSchema(value, at: fields.name("json_schema")) }
        try readText("grammar", of: fields, as: .grammar)
        guard let value = fields["structured_outputs"] else { return }
        let inside = try RequestFields(value, at: fields.name("structured_outputs"))
        try UnsupportedField("structural_tag").check(inside)
        if let schema = inside["json"] { try readSchema(schema, at: inside.name("json")) }
        try readText("regex", of: inside, as: .regex)
        try readText("grammar", of: inside, as: .grammar)
        try readChoice("choice", of: inside)
        if try inside.flag("json_object") == true { addAnyObject(inside.name("json_object")) }
    }

    private mutating func readFormat() throws(DialectError) {
        if let text = fields["text"], case .object = text {
            let inside = try RequestFields(text, at: fields.name("text"))
            if let value = inside["format"] { try readFormat(value, at: inside.name("format"), .flat) }
        }
        guard let value = fields["response_format"] else { return }
        try readFormat(value, at: fields.name("response_format"), .nested)
    }

    /// A response's format holds the members of its schema itself.
    private mutating func readFormat(
        _ value: JSONValue,
        at place: String,
        _ form: ToolUse.Form
    ) throws(DialectError) {
        let format = try RequestFields(value, at: place)
        switch try format.required("type", try format.text("type")) {
        case "text": return
        case "json_object":
            guard let schema = format["schema"] else { return addAnyObject(place) }
            try readSchema(schema, at: format.name("schema"))
        case "json_schema":
            let inside = try form.inside(format, "json_schema")
            try readSchema(try inside.required("schema", inside["schema"]), at: inside.name("schema"))
        case let type:
            throw .unsupported(
                format.name("type"),
                "is \(type.quoted), only \"text\", \"json_object\" and \"json_schema\" are supported"
            )
        }
    }

    private mutating func readAnthropic() throws(DialectError) {
        if let config = fields["output_config"] {
            let inside = try RequestFields(config, at: fields.name("output_config"))
            try readAnthropicFormat("format", of: inside)
        }
        try readAnthropicFormat("output_format", of: fields)
    }

    private mutating func readAnthropicFormat(_ key: String, of fields: RequestFields) throws(DialectError) {
        guard let value = fields[key] else { return }
        let format = try RequestFields(value, at: fields.name(key))
        let type = try format.required("type", try format.text("type"))
        guard type == "json_schema" else {
            throw .unsupported(format.name("type"), "is \(type.quoted), only \"json_schema\" is supported")
        }
        try readSchema(try format.required("schema", format["schema"]), at: format.name("schema"))
    }

    // MARK: Kinds

    private mutating func addAnyObject(_ field: String) {
        found.append((field, OutputConstraint(.schema, #"{"type":"object"}"#)))
    }

    /// A schema, or the text of one.
    private mutating func readSchema(_ value: JSONValue, at field: String) throws(DialectError) {
        if let text = value.stringValue {
            found.append((field, OutputConstraint(.schema, text)))
            return
        }
        guard value.objectValue != nil || value.boolValue != nil else {
            throw .invalid(field, "must be a JSON Schema, it is \(value.kindName)")
        }
        found.append((field, OutputConstraint(.schema, value.description)))
    }

    private mutating func readText(
        _ key: String,
        of fields: RequestFields,
        as kind: OutputConstraint.Kind
    ) throws(DialectError) {
        guard let text = try fields.text(key), !text.isEmpty else { return }
        found.append((fields.name(key), OutputConstraint(kind, text)))
    }

    private mutating func readChoice(_ key: String, of fields: RequestFields) throws(DialectError) {
        guard let elements = try fields.elements(key, atMost: RequestLimits.constraintChoices) else { return }
        for (index, element) in elements.enumerated() where element.stringValue == nil {
            throw .invalid("\(fields.name(key))[\(index)]", "must be a string, it is \(element.kindName)")
        }
        found.append((fields.name(key), OutputConstraint(.choice, JSONValue.array(elements).description)))
    }
}
