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
    /// `volatile` is taken out of the prompt's texts.
    func plan(
        body: some Collection<UInt8>,
        headers: RequestHeaders,
        defaultModel: String?,
        volatile: VolatileText
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
    case embeddings = "/v1/embeddings"
    case rerank = "/v1/rerank"
    /// Jina's and Cohere's clients go here.
    case bareRerank = "/rerank"
    case secondRerank = "/v2/rerank"

    public var path: String { rawValue }
    public var dialect: Dialect { self == .countTokens ? .anthropic : .openAI }
    public var modelIsOptional: Bool { self != .countTokens }

    public func plan(
        body: some Collection<UInt8>,
        headers: RequestHeaders,
        defaultModel: String? = nil,
        volatile: VolatileText = .standard
    ) throws(DialectError) -> GenerationPlan {
        let fields = try RequestFields(body: body, headers, defaultModel: defaultModel, volatile: volatile)
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
        case .embeddings: return try embeddingPlan(fields, headers)
        case .rerank, .bareRerank, .secondRerank: return try rerankPlan(fields, headers)
        }
    }

    private func embeddingPlan(
        _ fields: RequestFields,
        _ headers: RequestHeaders
    ) throws(DialectError) -> GenerationPlan {
        let inputs = try fields.prompts("input", atMost: RequestLimits.inputCount)
        let format = try fields.text("encoding_format") ?? "float"
        guard ["float", "base64"].contains(format) else {
            throw .invalid("encoding_format", "is \(format.quoted), it must be one of float, base64")
        }
        let dimensions = try fields.integer("dimensions", in: RequestLimits.dimensions)
        let form = TaskForm.vectors(isBase64: format == "base64", dimensions: dimensions.map { Int($0) })
        return try plan(.embed, inputs, fields, headers, form)
    }

    private func rerankPlan(
        _ fields: RequestFields,
        _ headers: RequestHeaders
    ) throws(DialectError) -> GenerationPlan {
        let query = try fields.required("query", try fields.text("query"))
        let elements = try fields.elements("documents", atMost: RequestLimits.inputCount)
        var documents: [String] = []
        for (index, element) in try fields.required("documents", elements).enumerated() {
            if let text = element.stringValue {
                documents.append(text)
            } else {
                let document = try RequestFields(element, at: "documents[\(index)]")
                documents.append(try document.required("text", try document.text("text")))
            }
        }
        guard !documents.isEmpty else { throw .invalid("documents", "is empty") }
        let topCount = try fields.integer("top_n", in: RequestLimits.topCount)
        let shows = try fields.flag("return_documents") ?? (self != .secondRerank)
        let form = TaskForm.ranking(
            documents: shows ? documents : [],
            topCount: topCount.map { Int($0) } ?? documents.count
        )
        return try plan(.score, documents.map { .pair(query, $0) }, fields, headers, form)
    }

    /// A text under either name in use, or the messages of a chat.
    private func tokenizePlan(
        _ fields: RequestFields,
        _ headers: RequestHeaders
    ) throws(DialectError) -> GenerationPlan {
        let other = try fields.text("content")
        let text = try fields.text("prompt") ?? other
        let older = try fields.flag("add_special")
        let adds = try fields.flag("add_special_tokens") ?? older ?? true
        if fields["messages"] != nil {
            let context = try GenerationEndpoint.chatCompletions.chatContext(
                fields,
                try ReasoningUse(openAI: fields)
            )
            return try plan(.tokenize, [context.prompt], fields, headers)
        }
        let prompt = Prompt.text(try fields.required("prompt", text))
        return try plan(adds ? .tokenize : .tokenizeBare, [prompt], fields, headers)
    }

    private func plan(
        _ task: JobTask,
        _ prompts: [Prompt],
        _ fields: RequestFields,
        _ headers: RequestHeaders,
        _ form: TaskForm? = nil
    ) throws(DialectError) -> GenerationPlan {
        var read = try SamplingFields.nothing(fields, headers)
        // What a coordinator sets aside for it.
        read.limits.maxTokens = 1
        let kept = try fields.integer("truncate_prompt_tokens", in: RequestLimits.maxTokens)
        read.limits.promptTokens = kept.map { UInt32(clamping: $0) }
        read.output.showsSpecialTokens = !(try fields.flag("skip_special_tokens") ?? false)
        let shape = ReplyShape(
            kind: .task(form ?? TaskForm(self)),
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
