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
        let read = try SamplingFields.openAI(fields, headers)
        let context = try chatContext(fields)
        let output = try OutputFields.openAI(fields)
        let shape = ReplyShape(
            kind: .chat,
            model: model,
            streams: try fields.flag("stream") ?? false,
            includesUsage: try fields.includesUsage(),
            lane: try .asked(by: fields, headers, .openAI),
            promptCount: 1,
            choicesPerPrompt: Int(try fields.integer("n", in: RequestLimits.choices) ?? 1),
            maxTokens: read.limits.maxTokens,
            thinking: output.thinking
        )
        return GenerationPlan(.openAI, [context.prompt], read, shape, output.rules)
    }

    private func chatContext(_ fields: RequestFields) throws(DialectError) -> ChatContext {
        var context = ChatContext()
        let messages = try fields.elements("messages", atMost: RequestLimits.messageCount)
        for (index, message) in try fields.required("messages", messages).enumerated() {
            context.messages.append(try OpenAIMessage(message, at: index).forTemplate())
        }
        guard !context.messages.isEmpty else {
            throw .invalid(fields.name("messages"), "is empty, it must hold at least one message")
        }
        if try usesTools(fields) { context.tools = try tools(fields) }
        context.addsGenerationPrompt = try fields.flag("add_generation_prompt") ?? true
        context.variables = try variables(fields)
        return context
    }

    /// What templates know under a name of its own, and `chat_template_kwargs`, which wins.
    private func variables(_ fields: RequestFields) throws(DialectError) -> JSONObject {
        var variables: JSONObject = [:]
        if let effort = try fields.text("reasoning_effort") {
            variables["reasoning_effort"] = .string(effort)
        }
        if let thinks = try fields.flag("enable_thinking") { variables["enable_thinking"] = .bool(thinks) }
        if let documents = try fields.elements("documents", atMost: RequestLimits.messageCount) {
            variables["documents"] = .array(documents)
        }
        guard let more = try fields.members("chat_template_kwargs") else { return variables }
        for (key, value) in more {
            guard !ChatContext.reserved.contains(key) else {
                throw .invalid("chat_template_kwargs.\(key)", "is not allowed, use the request's own field")
            }
            variables[key] = value
        }
        return variables
    }

    private func usesTools(_ fields: RequestFields) throws(DialectError) -> Bool {
        guard let choice = fields["tool_choice"] else { return true }
        switch choice {
        case "auto": return true
        case "none": return false
        case .string("required"), .object:
            throw .unsupported(
                "tool_choice",
                "is not supported by this server except as \"auto\" and \"none\""
            )
        default: throw .invalid("tool_choice", "must be \"auto\" or \"none\"")
        }
    }

    private func tools(_ fields: RequestFields) throws(DialectError) -> [JSONValue] {
        guard let tools = try fields.elements("tools", atMost: RequestLimits.toolCount) else { return [] }
        for (index, tool) in tools.enumerated() {
            let inside = try RequestFields(tool, at: "tools[\(index)]")
            let type = try inside.required("type", try inside.text("type"))
            guard type == "function" else {
                throw .unsupported(inside.name("type"), "is \(type.quoted), only functions are supported")
            }
            let function = try RequestFields(
                try inside.required("function", inside["function"]),
                at: inside.name("function")
            )
            _ = try function.required("name", try function.text("name"))
        }
        return tools
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
    /// One job per choice of each prompt.
    ///
    /// A choice's number counts within its prompt, so that a prompt in a batch with a seed gives what it
    /// gives alone.
    init(
        _ dialect: Dialect,
        _ prompts: [Prompt],
        _ read: SamplingFields,
        _ shape: ReplyShape,
        _ output: OutputRules? = nil
    ) {
        var jobs: [Job] = []
        jobs.reserveCapacity(prompts.count * shape.choicesPerPrompt)
        for prompt in prompts {
            for choice in 0..<shape.choicesPerPrompt {
                var job = Job(
                    id: JobID(high: 0, low: 0),
                    model: shape.model,
                    prompt: prompt,
                    sampling: read.sampling,
                    limits: read.limits
                )
                job.sampling.choice = UInt32(truncatingIfNeeded: choice)
                job.routing.lane = shape.lane
                job.output = output
                jobs.append(job)
            }
        }
        self.init(
            dialect: dialect,
            streams: shape.streams,
            jobs: jobs,
            needsSeed: read.needsSeed,
            shape: shape
        )
    }
}
