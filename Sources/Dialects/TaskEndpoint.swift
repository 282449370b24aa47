internal import Contract
internal import JSON

/// What the edge serves by putting jobs up: the plan of a request, and the words of its errors.
public protocol JobEndpoint: Sendable {
    var path: String { get }
    var dialect: Dialect { get }
    /// Whether a request may leave the model out where there is only one.
    var modelIsOptional: Bool { get }

    /// Checks a request and translates it into jobs.
    ///
    /// `defaultModel` is meant by a request that names none; without it, such a request is refused.
    func plan(
        body: some Collection<UInt8>,
        headers: RequestHeaders,
        defaultModel: String?
    ) throws(DialectError) -> GenerationPlan
}

extension GenerationEndpoint: JobEndpoint {
    public var modelIsOptional: Bool { false }
}

/// The paths under which something about a prompt can be asked for, and nothing is generated.
public enum TaskEndpoint: String, CaseIterable, JobEndpoint {
    case countTokens = "/v1/messages/count_tokens"
    case tokenize = "/tokenize"
    case detokenize = "/detokenize"
    case applyTemplate = "/apply-template"

    public var path: String { rawValue }
    public var dialect: Dialect { self == .countTokens ? .anthropic : .openAI }
    public var modelIsOptional: Bool { self != .countTokens }

    public func plan(
        body: some Collection<UInt8>,
        headers: RequestHeaders,
        defaultModel: String? = nil
    ) throws(DialectError) -> GenerationPlan {
        let fields = try RequestFields(body: body, headers, defaultModel: defaultModel)
        switch self {
        case .countTokens:
            let context = try GenerationEndpoint.messages.anthropicContext(
                fields,
                try ReasoningUse(anthropic: fields)
            )
            return try plan(.count, [context.prompt], fields, headers)
        case .tokenize: return try tokenizePlan(fields, headers)
        case .detokenize:
            let elements = try fields.elements("tokens", atMost: RequestLimits.body.values)
            let ids = try fields.required("tokens", elements).tokenIDs(at: "tokens")
            return try plan(.detokenize, [.tokens(ids)], fields, headers)
        case .applyTemplate:
            let context = try GenerationEndpoint.chatCompletions.chatContext(
                fields,
                try ReasoningUse(openAI: fields)
            )
            return try plan(.render, [context.prompt], fields, headers)
        }
    }

    /// A text under either name in use, or the messages of a chat.
    private func tokenizePlan(
        _ fields: RequestFields,
        _ headers: RequestHeaders
    ) throws(DialectError) -> GenerationPlan {
        if fields["messages"] != nil {
            let context = try GenerationEndpoint.chatCompletions.chatContext(
                fields,
                try ReasoningUse(openAI: fields)
            )
            return try plan(.tokenize, [context.prompt], fields, headers)
        }
        let other = try fields.text("content")
        let text = try fields.required("prompt", try fields.text("prompt") ?? other)
        let older = try fields.flag("add_special")
        let adds = try fields.flag("add_special_tokens") ?? older ?? true
        return try plan(adds ? .tokenize : .tokenizeBare, [.text(text)], fields, headers)
    }

    private func plan(
        _ task: JobTask,
        _ prompts: [Prompt],
        _ fields: RequestFields,
        _ headers: RequestHeaders
    ) throws(DialectError) -> GenerationPlan {
        var read = SamplingFields.nothing(fields)
        // What a coordinator sets aside for it.
        read.limits.maxTokens = 1
        read.output.showsSpecialTokens = !(try fields.flag("skip_special_tokens") ?? false)
        let shape = ReplyShape(
            kind: .task(TaskForm(self)),
            model: try fields.modelName(),
            streams: false,
            includesUsage: false,
            lane: try .asked(by: fields, headers, dialect),
            promptCount: prompts.count,
            choicesPerPrompt: 1
        )
        var plan = GenerationPlan(dialect, prompts, read, shape)
        for index in plan.jobs.indices { plan.jobs[index].task = task }
        return plan
    }
}
