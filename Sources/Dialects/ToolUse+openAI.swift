internal import JSON

/// `tools`, `tool_choice` and `parallel_tool_calls`, and the `functions` that came before them.
extension ToolUse {
    /// Where the members of a function stand.
    enum Form {
        /// In a member of their own, as in a chat.
        case nested
        /// Beside the type, as in a response.
        case flat

        /// What `fields` says under `key`, or itself.
        func inside(_ fields: RequestFields, _ key: String) throws(DialectError) -> RequestFields {
            guard self == .nested else { return fields }
            return try RequestFields(try fields.required(key, fields[key]), at: fields.name(key))
        }
    }

    init(openAI fields: RequestFields, _ form: Form = .nested) throws(DialectError) {
        self.init()
        try readTools(fields, form)
        if form == .nested { try readFunctions(fields) }
        if let choice = fields["tool_choice"] { try readChoice(choice, fields.name("tool_choice"), form) }
        allowsParallelCalls = try fields.flag("parallel_tool_calls") ?? true
        if saysFunctions { allowsParallelCalls = false }
        if let choice = fields["function_call"] {
            try readFunctionChoice(choice, fields.name("function_call"))
        }
        try checkSchemas()
    }

    private mutating func readTools(_ fields: RequestFields, _ form: Form) throws(DialectError) {
        let elements = try fields.elements("tools", atMost: RequestLimits.toolCount) ?? []
        for (index, element) in elements.enumerated() {
            let tool = try RequestFields(element, at: "\(fields.name("tools"))[\(index)]")
            let type = try tool.required("type", try tool.text("type"))
            guard type == "function" else {
                throw .unsupported(tool.name("type"), "is \(type.quoted), only functions are supported")
            }
            tools.append(try Tool(openAI: try form.inside(tool, "function")))
        }
    }

    private mutating func readFunctions(_ fields: RequestFields) throws(DialectError) {
        let elements = try fields.elements("functions", atMost: RequestLimits.toolCount) ?? []
        guard !elements.isEmpty else { return }
        guard tools.isEmpty else { throw .invalid(fields.name("functions"), "cannot stand beside tools") }
        saysFunctions = true
        for (index, element) in elements.enumerated() {
            let place = "\(fields.name("functions"))[\(index)]"
            tools.append(try Tool(openAI: RequestFields(element, at: place)))
        }
    }

    private mutating func readChoice(
        _ value: JSONValue,
        _ place: String,
        _ form: Form
    ) throws(DialectError) {
        switch value {
        case "auto": choice = .auto
        case "none": choice = .none
        case "required": choice = .required
        case .object:
            let fields = try RequestFields(value, at: place)
            switch try fields.required("type", try fields.text("type")) {
            case "function":
                choice = .required
                try allow(only: [try Self.name(in: fields, form)])
            case "allowed_tools": try readAllowed(try form.inside(fields, "allowed_tools"), form)
            case let type:
                throw .unsupported(
                    fields.name("type"),
                    "is \(type.quoted), only \"function\" and \"allowed_tools\" are supported"
                )
            }
        default:
            let found = value.stringValue?.quoted ?? value.kindName
            throw .invalid(place, "must be \"none\", \"auto\", \"required\" or an object, it is \(found)")
        }
        try check(place)
    }

    private mutating func readAllowed(_ inside: RequestFields, _ form: Form) throws(DialectError) {
        switch try inside.required("mode", try inside.text("mode")) {
        case "auto": choice = .auto
        case "required": choice = .required
        case let mode:
            throw .invalid(inside.name("mode"), "is \(mode.quoted), it must be one of auto, required")
        }
        let elements = try inside.elements("tools", atMost: RequestLimits.toolCount)
        var names: [(name: String, place: String)] = []
        for (index, element) in try inside.required("tools", elements).enumerated() {
            let tool = try RequestFields(element, at: "\(inside.name("tools"))[\(index)]")
            names.append(try Self.name(in: tool, form))
        }
        try allow(only: names)
    }

    private static func name(
        in fields: RequestFields,
        _ form: Form
    ) throws(DialectError) -> (name: String, place: String) {
        let function = try form.inside(fields, "function")
        return (try function.required("name", try function.text("name")), function.name("name"))
    }

    private mutating func readFunctionChoice(_ value: JSONValue, _ place: String) throws(DialectError) {
        // Without functions it says nothing, if it says it rightly.
        var chosen = self
        switch value {
        case "auto": chosen.choice = .auto
        case "none": chosen.choice = .none
        default:
            let fields = try RequestFields(value, at: place)
            chosen.choice = .required
            let name = try fields.required("name", try fields.text("name"))
            if saysFunctions { try chosen.allow(only: [(name, fields.name("name"))]) }
        }
        if saysFunctions { self = chosen }
    }
}

extension ToolUse.Tool {
    fileprivate init(openAI function: RequestFields) throws(DialectError) {
        self.init(
            name: try function.toolName(),
            description: try function.text("description"),
            parameters: try function.members("parameters").map { .object($0) }
        )
        isStrict = try function.flag("strict") ?? false
        schemaField = function.name("parameters")
    }
}

extension RequestFields {
    /// The name of a tool, which is all that a call says about it.
    func toolName() throws(DialectError) -> String {
        let name = try required("name", try text("name"))
        guard (1...RequestLimits.toolNameBytes).contains(name.utf8.count) else {
            throw .invalid(
                self.name("name"),
                "has \(name.utf8.count) bytes, it must have between 1 and \(RequestLimits.toolNameBytes)"
            )
        }
        return name
    }
}
