public import Contract

/// One HTTP request for text, understood: what to run and how to write the reply.
public struct GenerationPlan: Sendable {
    public let dialect: Dialect
    /// Whether the client wants the reply as it is made.
    public let streams: Bool
    /// One job per choice, in the order of the reply's `index`; prompt after prompt where there are several.
    ///
    /// The edge completes each: `id`, the resolved `model`, `routing.tenant`, `routing.estimatedPromptTokens`
    /// and, where `needsSeed`, `sampling.seed`.
    public var jobs: [Job]
    /// What the request says itself about what a model's maker may recommend.
    let asked: SamplingDefaults
    /// The client gave no seed.
    ///
    /// All jobs take the same one: their choice index tells them apart.
    public let needsSeed: Bool
    /// Written by the dialect, read by the reply and by whatever constrains it.
    public let tools: ToolUse
    public let reasoning: ReasoningUse
    let shape: ReplyShape
    /// Parts what is computed for this request from all that has another one; vLLM's word for it.
    public private(set) var cacheSalt: String?
    /// Empty for prompts that are no chats.
    public internal(set) var outline = PromptOutline()

    /// The model that was asked for; the edge resolves aliases.
    public var model: String { shape.model }
    public var lane: Lane { shape.lane }
    /// Whether it asks for text, and not for something about a prompt.
    public var generates: Bool { jobs.first?.task == .generate }

    /// Whether an identical request would get the same text, or numbers.
    public var isDeterministic: Bool {
        !generates || !needsSeed || jobs.allSatisfy { $0.sampling.temperature == 0 }
    }

    /// Fills what the request leaves open with what the model's maker recommends.
    public mutating func fill(from defaults: SamplingDefaults) {
        let filled = asked.filled(from: defaults)
        for index in jobs.indices { filled.apply(to: &jobs[index].sampling) }
    }

    /// Begins the reply.
    public func writer(for identity: ReplyIdentity) -> any ReplyWriter {
        switch shape.kind {
        case .chat: OpenAIChatReply(shape, identity)
        case .completion: OpenAICompletionReply(shape, identity)
        case .message: AnthropicReply(shape, identity)
        case .legacy: LegacyReply(shape, identity)
        case .response(let draft): ResponsesReply(draft, shape, identity, sampling)
        case .task(let form): TaskReply(form, dialect, shape, identity)
        }
    }

    /// The same for a plan of a response; nil for any other.
    public func response(for identity: ReplyIdentity) -> ResponsesReply? {
        guard case .response(let draft) = shape.kind else { return nil }
        return ResponsesReply(draft, shape, identity, sampling)
    }

    private var sampling: Sampling { jobs.first?.sampling ?? Sampling() }

    /// Shares what is computed with requests of the same salt alone.
    mutating func separate(by fields: RequestFields) throws(DialectError) {
        guard let salt = try fields.text("cache_salt") else { return }
        guard (1...RequestLimits.saltBytes).contains(salt.utf8.count) else {
            throw .invalid(
                fields.name("cache_salt"),
                "has \(salt.utf8.count) bytes, it must have between 1 and \(RequestLimits.saltBytes)"
            )
        }
        cacheSalt = salt
    }

    /// Holds every text to what the request says of its form.
    mutating func constrain(by fields: RequestFields) throws(DialectError) {
        guard let constraint = try ConstraintFields.constraint(fields, dialect) else { return }
        for index in jobs.indices { jobs[index].constraint = constraint }
    }
}

/// What a reply needs to know about its request.
struct ReplyShape: Sendable {
    enum Kind: Sendable {
        case chat
        case completion
        case message
        case response(ResponseDraft)
        /// Of Anthropic's older API.
        case legacy
        /// Nothing is generated.
        case task(TaskForm)
    }

    var kind: Kind
    var model: String
    var streams: Bool
    var includesUsage: Bool
    var lane: Lane
    var promptCount: Int
    var choicesPerPrompt: Int
    /// The best of them; nil shows all.
    var shownPerPrompt: Int?
    var maxTokens: UInt32?
    /// Whether the client asked how likely the tokens are.
    var tellsLogprobs = false
    /// Tokens to tell beside each; more are told of a prompt where something else wants them.
    var topLogprobs = 0
    /// Whether the prompt is shown in front of the text.
    var echoesPrompt = false
    /// Tokens to tell beside each of the prompt's, apart from the text; nil where nobody asks.
    var promptLogprobs: Int?
    var thinking = ThinkingDisplay.shown
    /// The one call is told as the `function_call` of the time before tools.
    var saysFunctions = false
}

/// What the edge adds to a reply: how it is named and when it was made.
public struct ReplyIdentity: Sendable {
    /// The id of the request's first job; its digits end the reply's `id`.
    public var job: JobID
    /// For headers, logs and Anthropic's error bodies.
    public var requestID: String
    /// Seconds since 1970.
    public var created: UInt64
    /// The served model's name, after aliases.
    public var model: String
    /// Tokens that the model's context holds.
    public var contextTokens: UInt32 = 0
    /// `system_fingerprint`: null if empty.
    public var fingerprint: String

    public init(job: JobID, requestID: String, created: UInt64, model: String, fingerprint: String = "") {
        self.job = job
        self.requestID = requestID
        self.created = created
        self.model = model
        self.fingerprint = fingerprint
    }
}
