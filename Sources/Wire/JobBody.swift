internal import Contract
internal import JSON

/// A `Job` as JSON; `schemas/job.json`.
enum JobBody {
    static func json(_ job: Job) throws(FrameError) -> JSONValue {
        var routing: JSONObject = [
            "lane": .string(job.routing.lane.name),
            "tenant": try MemberWriter.text(
                "job.routing.tenant",
                job.routing.tenant,
                atMost: WireLimits.nameBytes
            ),
            "estimated_prompt_tokens": MemberWriter.integer(job.routing.estimatedPromptTokens),
        ]
        routing["shared_scope"] = try job.routing.sharedScope.map { scope throws(FrameError) in
            try MemberWriter.text("job.routing.shared_scope", scope, atMost: WireLimits.nameBytes)
        }
        var object: JSONObject = [
            "id": .string(job.id.description),
            "model": try MemberWriter.text("job.model", job.model, atMost: WireLimits.nameBytes),
            "task": .string(job.task.rawValue),
            "prompt": try json(job.prompt),
            "sampling": try json(job.sampling),
            "limits": try json(job.limits),
            "output": json(job.output),
            "routing": .object(routing),
        ]
        if let constraint = job.constraint { object["constraint"] = try json(constraint) }
        if let reading = job.reading { object["reading"] = try json(reading) }
        if let ticket = job.ticket {
            object["ticket"] = try MemberWriter.text("job.ticket", ticket, atMost: WireLimits.ticketBytes)
        }
        if let key = job.retryKey {
            object["retry_key"] = try MemberWriter.text(
                "job.retry_key",
                key,
                atMost: WireLimits.retryKeyBytes
            )
        }
        return .object(object)
    }

    private static func json(_ constraint: OutputConstraint) throws(FrameError) -> JSONValue {
        [
            "kind": .string(constraint.kind.rawValue),
            "source": try MemberWriter.text(
                "job.constraint.source",
                constraint.source,
                atMost: WireLimits.constraintBytes
            ),
        ]
    }

    private static func json(_ reading: OutputRules) throws(FrameError) -> JSONValue {
        var object: JSONObject = [
            "call_id_prefix": try MemberWriter.text(
                "job.reading.call_id_prefix",
                reading.callIDPrefix,
                atMost: WireLimits.nameBytes
            ),
            "reads_calls": .bool(reading.readsCalls),
            "several_calls": .bool(reading.allowsSeveralCalls),
        ]
        object["thinking_budget"] = MemberWriter.optionalInteger(reading.thinkingBudget)
        if let names = reading.allowedTools {
            object["allowed_tools"] = try toolNames("job.reading.allowed_tools", names)
        }
        if reading.requiresCall { object["requires_call"] = true }
        if !reading.strictTools.isEmpty {
            object["strict_tools"] = try toolNames("job.reading.strict_tools", reading.strictTools)
        }
        return .object(object)
    }

    private static func toolNames(_ field: String, _ names: [String]) throws(FrameError) -> JSONValue {
        try MemberWriter.array(field, names, atMost: WireLimits.toolNames) { name throws(FrameError) in
            try MemberWriter.text("\(field)[]", name, atMost: WireLimits.toolNameBytes)
        }
    }

    private static func json(_ prompt: Prompt) throws(FrameError) -> JSONValue {
        let limit = WireLimits.promptBytes
        switch prompt {
        case .chat(let context):
            return ["chat": try MemberWriter.text("job.prompt.chat", context, atMost: limit)]
        case .text(let text):
            return ["text": try MemberWriter.text("job.prompt.text", text, atMost: limit)]
        case .tokens(let ids):
            let limit = WireLimits.promptTokens
            return ["tokens": try MemberWriter.tokenIDs("job.prompt.tokens", ids, atMost: limit)]
        case .pair(let first, let second):
            return [
                "first": try MemberWriter.text("job.prompt.first", first, atMost: limit),
                "second": try MemberWriter.text("job.prompt.second", second, atMost: limit),
            ]
        }
    }

    private static func json(_ sampling: Sampling) throws(FrameError) -> JSONValue {
        [
            "temperature": try MemberWriter.float("job.sampling.temperature", sampling.temperature),
            "top_k": MemberWriter.integer(sampling.topK),
            "top_p": try MemberWriter.float("job.sampling.top_p", sampling.topP),
            "min_p": try MemberWriter.float("job.sampling.min_p", sampling.minP),
            "typical_p": try MemberWriter.float("job.sampling.typical_p", sampling.typicalP),
            "repetition_penalty": try MemberWriter.float(
                "job.sampling.repetition_penalty",
                sampling.repetitionPenalty
            ),
            "presence_penalty": try MemberWriter.float(
                "job.sampling.presence_penalty",
                sampling.presencePenalty
            ),
            "frequency_penalty": try MemberWriter.float(
                "job.sampling.frequency_penalty",
                sampling.frequencyPenalty
            ),
            "bias": try MemberWriter.array("job.sampling.bias", sampling.bias, atMost: WireLimits.biases) {
                bias throws(FrameError) in
                [
                    "token": MemberWriter.integer(bias.token),
                    "bias": try MemberWriter.float("job.sampling.bias[].bias", bias.bias),
                ]
            },
            "allowed_tokens": try MemberWriter.tokenIDs(
                "job.sampling.allowed_tokens",
                sampling.allowedTokens,
                atMost: WireLimits.allowedTokens
            ),
            "bad_words": try texts("job.sampling.bad_words", sampling.badWords, WireLimits.badWords),
            "seed": .string(String(sampling.seed)),
            "choice": MemberWriter.integer(sampling.choice),
        ]
    }

    private static func json(_ limits: JobLimits) throws(FrameError) -> JSONValue {
        var object: JSONObject = [
            "min_tokens": MemberWriter.integer(limits.minTokens),
            "stop": try texts("job.limits.stop", limits.stop, WireLimits.stopStrings),
            "stop_tokens": try MemberWriter.tokenIDs(
                "job.limits.stop_tokens",
                limits.stopTokens,
                atMost: WireLimits.stopTokens
            ),
            "ignores_end": .bool(limits.ignoresEnd),
        ]
        object["max_tokens"] = MemberWriter.optionalInteger(limits.maxTokens)
        object["prompt_tokens"] = MemberWriter.optionalInteger(limits.promptTokens)
        object["timeout_ms"] = MemberWriter.optionalInteger(limits.timeoutMilliseconds)
        return .object(object)
    }

    private static func json(_ output: JobOutput) -> JSONValue {
        var object: JSONObject = [
            "shows_stop": .bool(output.showsStop), "shows_special_tokens": .bool(output.showsSpecialTokens),
            "echoes_prompt": .bool(output.echoesPrompt),
        ]
        object["logprobs"] = MemberWriter.optionalInteger(output.logprobs)
        object["prompt_logprobs"] = MemberWriter.optionalInteger(output.promptLogprobs)
        return .object(object)
    }

    private static func texts(
        _ field: String,
        _ texts: [String],
        _ limit: Int
    ) throws(FrameError) -> JSONValue {
        try MemberWriter.array(field, texts, atMost: limit) { text throws(FrameError) in
            try MemberWriter.text("\(field)[]", text, atMost: WireLimits.stopStringBytes)
        }
    }

    static func read(_ members: Members) throws(FrameError) -> Job {
        var job = Job(
            id: try members.jobID("id"),
            model: try members.text("model", atMost: WireLimits.nameBytes),
            task: try members.word("task"),
            prompt: try readPrompt(try members.members("prompt")),
            sampling: try readSampling(try members.members("sampling")),
            limits: try readLimits(try members.members("limits")),
            constraint: members.has("constraint")
                ? try readConstraint(try members.members("constraint")) : nil,
            output: try readOutput(try members.members("output")),
            routing: try readRouting(try members.members("routing"))
        )
        if members.has("reading") { job.reading = try readReading(try members.members("reading")) }
        job.ticket = try members.optionalText("ticket", atMost: WireLimits.ticketBytes)
        job.retryKey = try members.optionalText("retry_key", atMost: WireLimits.retryKeyBytes)
        return job
    }

    private static func readReading(_ members: Members) throws(FrameError) -> OutputRules {
        var reading = OutputRules(
            callIDPrefix: try members.text("call_id_prefix", atMost: WireLimits.nameBytes)
        )
        reading.readsCalls = try members.flag("reads_calls")
        reading.allowsSeveralCalls = try members.flag("several_calls")
        reading.thinkingBudget = try members.optionalInteger("thinking_budget")
        if members.has("allowed_tools") { reading.allowedTools = try readToolNames("allowed_tools", members) }
        if members.has("requires_call") { reading.requiresCall = try members.flag("requires_call") }
        if members.has("strict_tools") { reading.strictTools = try readToolNames("strict_tools", members) }
        return reading
    }

    private static func readToolNames(_ key: String, _ members: Members) throws(FrameError) -> [String] {
        try members.texts(key, atMost: WireLimits.toolNames, ofBytes: WireLimits.toolNameBytes)
    }

    private static func readPrompt(_ members: Members) throws(FrameError) -> Prompt {
        if members.has("chat") {
            return .chat(context: try members.text("chat", atMost: WireLimits.promptBytes))
        }
        if members.has("text") { return .text(try members.text("text", atMost: WireLimits.promptBytes)) }
        if members.has("first") {
            return .pair(
                try members.text("first", atMost: WireLimits.promptBytes),
                try members.text("second", atMost: WireLimits.promptBytes)
            )
        }
        return .tokens(try members.tokenIDs("tokens", atMost: WireLimits.promptTokens))
    }

    private static func readSampling(_ members: Members) throws(FrameError) -> Sampling {
        var sampling = Sampling()
        sampling.temperature = try members.float("temperature")
        sampling.topK = try members.integer("top_k")
        sampling.topP = try members.float("top_p")
        sampling.minP = try members.float("min_p")
        sampling.typicalP = try members.float("typical_p")
        sampling.repetitionPenalty = try members.float("repetition_penalty")
        sampling.presencePenalty = try members.float("presence_penalty")
        sampling.frequencyPenalty = try members.float("frequency_penalty")
        for bias in try members.objects("bias", atMost: WireLimits.biases) {
            sampling.bias.append(TokenBias(token: try bias.integer("token"), bias: try bias.float("bias")))
        }
        sampling.allowedTokens = try members.tokenIDs("allowed_tokens", atMost: WireLimits.allowedTokens)
        sampling.badWords = try members.texts(
            "bad_words",
            atMost: WireLimits.badWords,
            ofBytes: WireLimits.stopStringBytes
        )
        sampling.seed = try members.decimal("seed")
        sampling.choice = try members.integer("choice")
        return sampling
    }

    private static func readLimits(_ members: Members) throws(FrameError) -> JobLimits {
        var limits = JobLimits()
        limits.maxTokens = try members.optionalInteger("max_tokens")
        limits.minTokens = try members.integer("min_tokens")
        limits.promptTokens = try members.optionalInteger("prompt_tokens")
        limits.stop = try members.texts(
            "stop",
            atMost: WireLimits.stopStrings,
            ofBytes: WireLimits.stopStringBytes
        )
        limits.stopTokens = try members.tokenIDs("stop_tokens", atMost: WireLimits.stopTokens)
        limits.ignoresEnd = try members.flag("ignores_end")
        limits.timeoutMilliseconds = try members.optionalInteger("timeout_ms")
        return limits
    }

    private static func readConstraint(_ members: Members) throws(FrameError) -> OutputConstraint {
        OutputConstraint(
            try members.word("kind"),
            try members.text("source", atMost: WireLimits.constraintBytes)
        )
    }

    private static func readOutput(_ members: Members) throws(FrameError) -> JobOutput {
        var output = JobOutput()
        output.logprobs = try members.optionalInteger("logprobs")
        output.promptLogprobs = try members.optionalInteger("prompt_logprobs")
        output.showsStop = try members.flag("shows_stop")
        output.showsSpecialTokens = try members.flag("shows_special_tokens")
        output.echoesPrompt = try members.flag("echoes_prompt")
        return output
    }

    private static func readRouting(_ members: Members) throws(FrameError) -> Routing {
        var routing = Routing()
        routing.lane = try members.lane("lane")
        routing.tenant = try members.text("tenant", atMost: WireLimits.nameBytes)
        routing.estimatedPromptTokens = try members.integer("estimated_prompt_tokens")
        routing.sharedScope = try members.optionalText("shared_scope", atMost: WireLimits.nameBytes)
        return routing
    }
}
