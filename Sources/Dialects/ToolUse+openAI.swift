internal import JSON

/// `tools`, `tool_choice` and `parallel_tool_calls`, and the `functions` that came before them.
extension ToolUse {
    init(openAI fields: RequestFields) throws(DialectError) {
        self.init()
        try readTools(fields)
        try readFunctions(fields)
        if let choice = fields["tool_choice"] { try readChoice(choice, fields.name("tool_choice")) }
        allowsParallelCalls = try fields.flag("parallel_tool_calls") ?? true
        if saysFunctions {
            allowsParallelCalls = false
            if let choice = fields["function_call"] {
                try readFunctionChoice(choice, fields.name("function_call"))
            }
        }
        try checkSchemas()
    }

    private mutating func readTools(_ fields: RequestFields) throws(DialectError) {
        let elements = try fields.elements("tools", atMost: RequestLimits.toolCount) ?? []
        for (index, element) in elements.enumerated() {
            let tool = try RequestFields(element, at: "\(fields.name("tools"))[\(index)]")
            let type = try tool.required("type", try tool.text("type"))
            guard type == "function" else {
                throw .unsupported(tool.name("type"), "is \(type.quoted), only functions are supported")
            }
            let function = try tool.required("function", tool["function"])
            tools.append(try Tool(openAI: RequestFields(function, at: tool.name("function"))))
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

    private mutating func readChoice(_ value: JSONValue, _ place: String) throws(DialectError) {
        switch value {
        case "auto": choice = .auto
        case "none": choice = .none
        case "required": choice = .required
        case .object:
            let fields = try RequestFields(value, at: place)
            switch try fields.required("type", try fields.text("type")) {
            case "function": try readNamed(fields)
            case "allowed_tools": try readAllowed(fields)
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

    private mutating func readNamed(_ fields: RequestFields) throws(DialectError) {
        choice = .required
        try allow(only: [try Self.name(in: fields)])
    }

    private mutating func readAllowed(_ fields: RequestFields) throws(DialectError) {
        let inside = try RequestFields(
            try fields.required("allowed_tools", fields["allowed_tools"]),
            at: fields.name("allowed_tools")
        )
        switch try inside.required("mode", try inside.text("mode")) {
        case "auto": choice = .auto
        case "required": choice = .required
        case let mode:
            throw .invalid(inside.name("mode"), "is \(mode.quoted), it must be one of auto, required")
        }
        let elements = try inside.elements("tools", atMost: RequestLimits.toolCount)
        var names: [(name: String, place: String)] = []
        for (index, element) in try inside.required("tools", elements).enumerated() {
            names.append(try Self.name(in: RequestFields(element, at: "\(inside.name("tools"))[\(index)]")))
        }
        try allow(only: names)
    }

    private static func name(in fields: RequestFields) throws(DialectError) -> (name: String, place: String) {
        let function = try RequestFields(
            try fields.required("function", fields["function"]),
            at: fields.name("function")
        )
        return (try function.required("name", try function.text("name")), function.name("name"))
    }

    private mutating func readFunctionChoice(_ value: JSONValue, _ place: String) throws(DialectError) {
        switch value {
        case "auto": choice = .auto
        case "none": choice = .none
        default:
            let fields = try RequestFields(value, at: place)
            choice = .required
            let name = try fields.required("name", try fields.text("name"))
            try allow(only: [(name, fields.name("name"))])
        }
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
