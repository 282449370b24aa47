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
        let read = try SamplingFields.anthropic(fields, headers)
        let reasoning = try ReasoningUse(anthropic: fields)
        let context = try anthropicContext(fields, reasoning)
        let shape = ReplyShape(
            kind: .message,
            model: model,
            streams: try fields.flag("stream") ?? false,
            includesUsage: true,
            lane: try .asked(by: fields, headers, .anthropic),
            promptCount: 1,
            choicesPerPrompt: 1,
            maxTokens: read.limits.maxTokens,
            thinking: reasoning.display
        )
        return GenerationPlan(.anthropic, context, read, shape, reasoning)
    }

    func anthropicContext(
        _ fields: RequestFields,
        _ reasoning: ReasoningUse
    ) throws(DialectError) -> ChatContext {
        var history = AnthropicHistory(fields.volatile)
        if let system = fields["system"] { try history.append(system: system) }
        let elements = try fields.elements("messages", atMost: RequestLimits.messageCount)
        let messages = try fields.required("messages", elements)
        guard !messages.isEmpty else {
            throw .invalid("messages", "is empty, it must hold at least one message")
        }
        let lastUser = messages.lastIndex { $0["role"] == "user" } ?? 0
        for (index, message) in messages.enumerated() {
            try history.append(message, at: index, hasLaterUser: index < lastUser)
        }
        var context = ChatContext(messages: history.messages)
        context.outline = history.outline
        context.tools = try ToolUse(anthropic: fields)
        try context.readVariables(fields, reasoning)
        // A reply that was begun by the caller is gone on with.
        if let last = history.messages.last, last["role"] == "assistant" {
            guard last["tool_calls"] == nil else {
                throw .invalid(
                    "messages[\(messages.count - 1)]",
                    "ends in tool_use, the results of its calls must follow"
                )
            }
            context.continuesLastMessage = true
            context.addsGenerationPrompt = false
        }
        return context
    }
}
