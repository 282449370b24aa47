/// What a client wants done, as every dialect says it and as it crosses the fleet.
///
/// Built by a dialect, completed by the edge (id, seed, tenant), read by the coordinator (`model`, `routing`)
/// and by the worker (all the rest). It never changes afterwards: what happens to it is kept beside it, not
/// in it.
public struct Job: Hashable, Sendable {
    /// Drawn by the edge.
    public var id: JobID
    /// The model's name as the worker announced it; the edge resolves aliases.
    public var model: String
    /// Written by the dialect, read by the worker.
    public var prompt: Prompt
    /// Written by the dialect, read by the engine's sampler.
    public var sampling: Sampling
    /// Written by the dialect, read by the engine and, for the deadline, by everybody.
    public var limits: JobLimits
    /// Written by the dialect and the edge, read by the coordinator; of its tenant the worker makes the scope
    /// in which prefixes are shared.
    public var routing: Routing
    /// Written by the dialect, read by the worker; nil shows the output as it is.
    public var output: OutputRules?

    public init(
        id: JobID,
        model: String,
        prompt: Prompt,
        sampling: Sampling = Sampling(),
        limits: JobLimits = JobLimits(),
        routing: Routing = Routing()
    ) {
        self.id = id
        self.model = model
        self.prompt = prompt
        self.sampling = sampling
        self.limits = limits
        self.routing = routing
    }
}

/// The text that a generation starts from.
public enum Prompt: Hashable, Sendable {
    /// The variables of the model's chat template as one JSON object in text: `messages`, `tools`,
    /// `add_generation_prompt` and whatever else the dialect passes. The worker renders and tokenizes it.
    case chat(context: String)
    /// Plain text; the worker adds the special tokens that the model wants in front.
    case text(String)
    /// Token ids, used as given.
    case tokens([TokenID])

    /// Bytes of text, or four per token: what the edge can know about the length without a tokenizer.
    public var byteCount: Int {
        switch self {
        case .chat(let context): context.utf8.count
        case .text(let text): text.utf8.count
        case .tokens(let ids): ids.count * 4
        }
    }
}

/// How the next token is picked.
///
/// The order of operations is that of `Sampler`.
public struct Sampling: Hashable, Sendable {
    /// 0 is greedy.
    public var temperature: Float = 1
    /// 0 keeps all.
    public var topK: UInt32 = 0
    /// 1 keeps all.
    public var topP: Float = 1
    /// 0 keeps all.
    public var minP: Float = 0
    /// 1 changes nothing.
    public var repetitionPenalty: Float = 1
    public var presencePenalty: Float = 0
    public var frequencyPenalty: Float = 0
    /// Added to the logits of single tokens; sorted by token so that equal jobs have equal bytes.
    public var bias: [TokenBias] = []
    /// With `choice`, the key of the counter-based random numbers.
    ///
    /// The edge draws one where the client gave none.
    public var seed: UInt64 = 0
    /// Which of a request's `n` choices this job is.
    public var choice: UInt32 = 0

    public init() {}
}

/// A number added to one token's logit.
public struct TokenBias: Hashable, Sendable {
    public var token: TokenID
    public var bias: Float

    public init(token: TokenID, bias: Float) {
        self.token = token
        self.bias = bias
    }
}

/// Where a generation ends at the latest.
public struct JobLimits: Hashable, Sendable {
    /// Nil: as many as the model's context leaves.
    public var maxTokens: UInt32?
    /// Texts that end the generation and are not shown.
    public var stop: [String] = []
    /// Tokens that end the generation besides the model's own.
    public var stopTokens: [TokenID] = []
    /// Goes on past the model's own end tokens.
    public var ignoresEnd = false
    /// Time that the client is willing to wait in all, from acceptance at the edge.
    public var timeoutMilliseconds: UInt32?

    public init() {}
}

/// What the coordinator needs to know about a job to queue it.
public struct Routing: Hashable, Sendable {
    public var lane: Lane = .normal
    /// Whose job it is; shares within a lane are counted per tenant.
    public var tenant: String = "default"
    /// The edge's guess from the prompt's bytes, in tokens.
    public var estimatedPromptTokens: UInt32 = 0

    public init() {}
}
