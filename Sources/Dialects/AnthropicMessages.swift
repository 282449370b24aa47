internal import Contract
internal import JSON

/// `POST /v1/messages`: from body to plan.
extension GenerationEndpoint {
    func anthropicPlan(
        _ fields: RequestFields,
        _ headers: RequestHeaders
    ) throws(DialectError) -> GenerationPlan {
        let model = try fields.modelName()
        for field in UnsupportedField.anthropic { try field.check(fields) }
        if let config = fields["output_config"] {
            try UnsupportedField("format").check(try RequestFields(config, at: "output_config"))
        }
        let read = try SamplingFields.anthropic(fields, headers)
        let context = try anthropicContext(fields)
        let output = try OutputFields.anthropic(fields)
        let shape = ReplyShape(
            kind: .message,
            model: model,
            streams: try fields.flag("stream") ?? false,
            includesUsage: true,
            lane: try .asked(by: fields, headers, .anthropic),
            promptCount: 1,
            choicesPerPrompt: 1,
            maxTokens: read.limits.maxTokens,
            thinking: output.thinking
        )
        return GenerationPlan(.anthropic, [context.prompt], read, shape, output.rules)
    }

    private func anthropicContext(_ fields: RequestFields) throws(DialectError) -> ChatContext {
        var history = AnthropicHistory()
        if let system = fields["system"] { try history.append(system: system) }
        let elements = try fields.elements("messages", atMost: RequestLimits.messageCount)
        let messages = try fields.required("messages", elements)
        guard !messages.isEmpty else {
            throw .invalid("messages", "is empty, it must hold at least one message")
        }
        for (index, message) in messages.enumerated() { try history.append(message, at: index) }
        guard messages.last?["role"] != "assistant" else {
            throw .unsupported(
                "messages[\(messages.count - 1)].role",
                "is \"assistant\": continuing a reply that was begun is not supported by this server"
            )
        }
        var context = ChatContext(messages: history.messages)
        if try usesTools(fields) { context.tools = try tools(fields) }
        if let thinks = try thinking(fields) { context.variables["enable_thinking"] = .bool(thinks) }
        return context
    }

    /// Whether the template is told to think; adaptive leaves it to the model.
    private func thinking(_ fields: RequestFields) throws(DialectError) -> Bool? {
        guard let value = fields["thinking"] else { return nil }
        switch try RequestFields(value, at: "thinking").text("type") {
        case "enabled": return true
        case "disabled": return false
        default: return nil
        }
    }

    private func usesTools(_ fields: RequestFields) throws(DialectError) -> Bool {
        guard let choice = fields["tool_choice"] else { return true }
        let inside = try RequestFields(choice, at: "tool_choice")
        switch try inside.required("type", try inside.text("type")) {
        case "auto": return true
        case "none": return false
        case let type:
            throw .unsupported(
                "tool_choice.type",
                "is \(type.quoted), only \"auto\" and \"none\" are supported by this server"
            )
        }
    }

    /// Tools in OpenAI's form, which is what chat templates know.
    private func tools(_ fields: RequestFields) throws(DialectError) -> [JSONValue] {
        let elements = try fields.elements("tools", atMost: RequestLimits.toolCount) ?? []
        var tools: [JSONValue] = []
        for (index, element) in elements.enumerated() {
            let tool = try RequestFields(element, at: "tools[\(index)]")
            let type = try tool.text("type") ?? "custom"
            guard type == "custom" else {
                throw .unsupported(
                    tool.name("type"),
                    "is \(type.quoted), only tools of the caller are supported"
                )
            }
            var function: JSONObject = ["name": .string(try tool.required("name", try tool.text("name")))]
            if let description = try tool.text("description") {
                function["description"] = .string(description)
            }
            function["parameters"] = .object(
                try tool.required("input_schema", try tool.members("input_schema"))
            )
            tools.append(["type": "function", "function": .object(function)])
        }
        return tools
    }
}
