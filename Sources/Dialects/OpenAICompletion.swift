internal import Contract
internal import JSON

/// `POST /v1/completions`: from body to plan.
extension GenerationEndpoint {
    /// What OpenAI generates if `max_tokens` is not given.
    private static let defaultMaxTokens: UInt32 = 16

    func openAICompletionPlan(
        _ fields: RequestFields,
        _ headers: RequestHeaders
    ) throws(DialectError)
        -> GenerationPlan
    {
        let model = try fields.modelName()
        for field in UnsupportedField.completion { try field.check(fields) }
        var read = try SamplingFields.openAI(fields, headers)
        try read.readCompletionLogprobs()
        read.limits.maxTokens = read.limits.maxTokens ?? Self.defaultMaxTokens
        let prompts = try prompts(fields)
        let shape = ReplyShape(
            kind: .completion,
            model: model,
            streams: try fields.flag("stream") ?? false,
            includesUsage: try fields.includesUsage(),
            lane: try .asked(by: fields, headers, .openAI),
            promptCount: prompts.count,
            choicesPerPrompt: Int(try fields.integer("n", in: RequestLimits.choices) ?? 1),
            maxTokens: read.limits.maxTokens,
            tellsLogprobs: read.output.logprobs != nil
        )
        return GenerationPlan(.openAI, prompts, read, shape)
    }

    /// A string, token ids, or a list of either.
    private func prompts(_ fields: RequestFields) throws(DialectError) -> [Prompt] {
        let value = try fields.required("prompt", fields["prompt"])
        if let text = value.stringValue { return [.text(text)] }
        guard let elements = value.arrayValue else {
            throw fields.wrong("prompt", value, "a string or an array")
        }
        guard let first = elements.first else { throw .invalid("prompt", "is empty") }
        if first.numberValue != nil { return [try tokens(elements, at: "prompt")] }
        guard elements.count <= RequestLimits.promptCount else {
            throw .invalid(
                "prompt",
                "has \(elements.count) prompts, at most \(RequestLimits.promptCount) are allowed"
            )
        }
        var prompts: [Prompt] = []
        for (index, element) in elements.enumerated() {
            let place = "prompt[\(index)]"
            switch (first, element) {
            case (.string, .string(let text)): prompts.append(.text(text))
            case (.array, .array(let ids)): prompts.append(try tokens(ids, at: place))
            default:
                throw .invalid(
                    place,
                    "is \(element.kindName), prompts must be all strings or all lists of token ids"
                )
            }
        }
        return prompts
    }

    private func tokens(_ elements: [JSONValue], at place: String) throws(DialectError) -> Prompt {
        guard !elements.isEmpty else { throw .invalid(place, "is empty") }
        return .tokens(try elements.tokenIDs(at: place))
    }
}
