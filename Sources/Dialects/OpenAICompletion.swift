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
        let streams = try fields.flag("stream") ?? false
        var read = try SamplingFields.openAI(fields, headers, in: RequestLimits.maxTokensOrNone)
        try read.readCompletionLogprobs()
        read.output.echoesPrompt = try fields.flag("echo") ?? false
        let promptLogprobs = try read.promptLogprobs(streams: streams)
        let echoed = read.output.echoesPrompt ? read.output.logprobs : nil
        read.output.promptLogprobs = [promptLogprobs, echoed].compactMap(\.self).max()
        read.limits.maxTokens = read.limits.maxTokens ?? Self.defaultMaxTokens
        let prompts = try fields.prompts("prompt", atMost: RequestLimits.promptCount)
        let counts = try choiceCounts(fields)
        let tellsLogprobs = read.output.logprobs != nil
        // Which choices are the best is seen by how likely their tokens were.
        if counts.made > counts.shown { read.output.logprobs = read.output.logprobs ?? 0 }
        var shape = ReplyShape(
            kind: .completion,
            model: model,
            streams: streams,
            includesUsage: try fields.includesUsage(),
            lane: try .asked(by: fields, headers, .openAI),
            promptCount: prompts.count,
            choicesPerPrompt: counts.made,
            shownPerPrompt: counts.shown,
            maxTokens: read.limits.maxTokens,
            tellsLogprobs: tellsLogprobs
        )
        shape.topLogprobs = Int(read.output.logprobs ?? 0)
        shape.echoesPrompt = read.output.echoesPrompt
        shape.promptLogprobs = promptLogprobs.map { Int($0) }
        return GenerationPlan(.openAI, prompts, read, shape)
    }

    /// Choices that are made of each prompt, and how many of them are shown.
    private func choiceCounts(_ fields: RequestFields) throws(DialectError) -> (made: Int, shown: Int) {
        let shown = try fields.integer("n", in: RequestLimits.choices) ?? 1
        let made = try fields.integer("best_of", in: RequestLimits.choices) ?? shown
        guard made >= shown else {
            throw .invalid("best_of", "is \(made), it must not be less than n, which is \(shown)")
        }
        if made > shown, try fields.flag("stream") ?? false {
            throw .invalid("best_of", "is \(made), and only \(shown) of them can be streamed")
        }
        return (Int(made), Int(shown))
    }
}

extension RequestFields {
    /// A string, token ids, or a list of either.
    func prompts(_ key: String, atMost limit: Int) throws(DialectError) -> [Prompt] {
        let value = try required(key, self[key])
        let name = name(key)
        if let text = value.stringValue { return [.text(text)] }
        guard let elements = value.arrayValue else { throw wrong(key, value, "a string or an array") }
        guard let first = elements.first else { throw .invalid(name, "is empty") }
        if first.numberValue != nil { return [try tokens(elements, at: name)] }
        guard elements.count <= limit else {
            throw .invalid(name, "has \(elements.count) entries, at most \(limit) are allowed")
        }
        var prompts: [Prompt] = []
        for (index, element) in elements.enumerated() {
            let place = "\(name)[\(index)]"
            switch (first, element) {
            case (.string, .string(let text)): prompts.append(.text(text))
            case (.array, .array(let ids)): prompts.append(try tokens(ids, at: place))
            default:
                throw .invalid(
                    place,
                    "is \(element.kindName), \(name) must hold only strings or only lists of token ids"
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
