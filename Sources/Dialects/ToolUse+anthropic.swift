internal import JSON

/// `tools` and `tool_choice` of Anthropic's API.
extension ToolUse {
    init(anthropic fields: RequestFields) throws(DialectError) {
        self.init()
        let elements = try fields.elements("tools", atMost: RequestLimits.toolCount) ?? []
        for (index, element) in elements.enumerated() {
            tools.append(try Tool(anthropic: RequestFields(element, at: "tools[\(index)]")))
        }
        if let value = fields["tool_choice"] { try readChoice(value) }
        try checkSchemas()
    }

    private mutating func readChoice(_ value: JSONValue) throws(DialectError) {
        let inside = try RequestFields(value, at: "tool_choice")
        switch try inside.required("type", try inside.text("type")) {
        case "auto": choice = .auto
        case "none": choice = .none
        case "any": choice = .required
        case "tool":
            choice = .required
            try allow(only: [(try inside.required("name", try inside.text("name")), inside.name("name"))])
        case let type:
            throw .invalid(
                inside.name("type"),
                "is \(type.quoted), it must be one of auto, any, tool, none"
            )
        }
        try check("tool_choice")
        allowsParallelCalls = !(try inside.flag("disable_parallel_tool_use") ?? false)
    }
}

extension ToolUse.Tool {
    /// A tool of the caller; those that Anthropic's servers bring along are not here.
    fileprivate init(anthropic tool: RequestFields) throws(DialectError) {
        let type = try tool.text("type") ?? "custom"
        guard type == "custom" else {
            throw .unsupported(
                tool.name("type"),
                "is \(type.quoted), only tools of the caller are supported"
            )
        }
        self.init(
            name: try tool.toolName(),
            description: try tool.text("description"),
            parameters: .object(try tool.required("input_schema", try tool.members("input_schema")))
        )
        isStrict = try tool.flag("strict") ?? false
        schemaField = tool.name("input_schema")
    }
}
