internal import Contract
internal import JSON

/// `POST /v1/chat/completions`: from body to plan.
extension GenerationEndpoint {
    func openAIChatPlan(
        _ fields: RequestFields,
        _ headers: RequestHeaders
    ) throws(DialectError) -> GenerationPlan {
        let model = try fields.modelName()
        for field in UnsupportedField.chat { try field.check(fields) }
        var read = try SamplingFields.openAI(fields, headers)
        try read.readChatLogprobs()
        let streams = try fields.flag("stream") ?? false
        let promptLogprobs = try read.promptLogprobs(streams: streams)
        let reasoning = try ReasoningUse(openAI: fields)
        let context = try chatContext(fields, reasoning)
        var shape = ReplyShape(
            kind: .chat,
            model: model,
            streams: streams,
            includesUsage: try fields.includesUsage(),
            lane: try .asked(by: fields, headers, .openAI),
            promptCount: 1,
            choicesPerPrompt: Int(try fields.integer("n", in: RequestLimits.choices) ?? 1),
            maxTokens: read.limits.maxTokens,
            tellsLogprobs: read.output.logprobs != nil,
            thinking: reasoning.display
        )
        shape.saysFunctions = context.tools.saysFunctions
        shape.topLogprobs = Int(read.output.logprobs ?? 0)
        shape.promptLogprobs = promptLogprobs.map { Int($0) }
        var plan = GenerationPlan(.openAI, context, read, shape, reasoning)
        // All choices have the one prompt.
        plan.jobs[0].output.promptLogprobs = promptLogprobs
        return plan
    }

    func chatContext(
        _ fields: RequestFields,
        _ reasoning: ReasoningUse
    ) throws(DialectError) -> ChatContext {
        var context = ChatContext()
        var history = OpenAIHistory(fields.volatile)
        let messages = try fields.elements("messages", atMost: RequestLimits.messageCount)
        for (index, message) in try fields.required("messages", messages).enumerated() {
            try history.append(message, at: index)
        }
        context.messages = history.messages
        context.outline = history.outline
        guard let last = context.messages.last else {
            throw .invalid(fields.name("messages"), "is empty, it must hold at least one message")
        }
        context.tools = try ToolUse(openAI: fields)
        try context.readVariables(fields, reasoning)
        let adds = try fields.flag("add_generation_prompt")
        context.continuesLastMessage = try fields.flag("continue_final_message") ?? false
        guard context.continuesLastMessage else {
            context.addsGenerationPrompt = adds ?? true
            return context
        }
        guard adds != true else {
            throw .invalid("continue_final_message", "cannot be true together with add_generation_prompt")
        }
        guard last["tool_calls"] == nil else {
            throw .invalid("continue_final_message", "is true, and the last message ends in tool calls")
        }
        context.addsGenerationPrompt = false
        return context
    }
}

extension RequestFields {
    func modelName() throws(DialectError) -> String {
        let model = try required("model", try text("model"))
        guard !model.isEmpty else { throw .invalid(name("model"), "is empty") }
        guard model.utf8.count <= RequestLimits.modelNameBytes else {
            throw .invalid(
                name("model"),
                "has \(model.utf8.count) bytes, at most \(RequestLimits.modelNameBytes) are allowed"
            )
        }
        return model
    }

    /// `stream_options.include_usage`.
    func includesUsage() throws(DialectError) -> Bool {
        guard let options = self["stream_options"] else { return false }
        return try RequestFields(options, at: name("stream_options")).flag("include_usage") ?? false
    }
}

extension GenerationPlan {
    /// Of a chat.
    init(
        _ dialect: Dialect,
        _ context: ChatContext,
        _ read: SamplingFields,
        _ shape: ReplyShape,
        _ reasoning: ReasoningUse
    ) {
        self.init(dialect, [context.prompt], read, shape, context.tools, reasoning)
        outline = context.outline
    }

    /// One job per choice of each prompt.
    ///
    /// A choice's number counts within its prompt, so that a prompt in a batch with a seed gives what it
    /// gives alone.
    init(
        _ dialect: Dialect,
        _ prompts: [Prompt],
        _ read: SamplingFields,
        _ shape: ReplyShape,
        _ tools: ToolUse = ToolUse(),
        _ reasoning: ReasoningUse = ReasoningUse()
    ) {
        var jobs: [Job] = []
        jobs.reserveCapacity(prompts.count * shape.choicesPerPrompt)
        let rules = shape.callIDPrefix.map { OutputRules(callIDPrefix: $0, tools, reasoning) }
        for prompt in prompts {
            for choice in 0..<shape.choicesPerPrompt {
                var job = Job(
                    id: JobID(high: 0, low: 0),
                    model: shape.model,
                    prompt: prompt,
                    sampling: read.sampling,
                    limits: read.limits,
                    output: read.output
                )
                job.sampling.choice = UInt32(truncatingIfNeeded: choice)
                job.routing.lane = shape.lane
                job.reading = rules
                jobs.append(job)
            }
        }
        self.init(
            dialect: dialect,
            streams: shape.streams,
            jobs: jobs,
            asked: read.asked,
            needsSeed: read.needsSeed,
            tools: tools,
            reasoning: reasoning,
            shape: shape
        )
    }
}
