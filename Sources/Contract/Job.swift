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
    public var task: JobTask
    /// Written by the dialect, read by the worker.
    public var prompt: Prompt
    /// Written by the dialect, read by the engine's sampler.
    public var sampling: Sampling
    /// Written by the dialect, read by the engine and, for the deadline, by everybody.
    public var limits: JobLimits
    /// What the text must be like; nil for whatever comes.
    ///
    /// Written by the dialect, read by the worker.
    public var constraint: OutputConstraint?
    /// Written by the dialect, read by the engine when it tells what was picked.
    public var output: JobOutput
    /// Written by the dialect and the edge, read by the coordinator; its scope is also that in which the
    /// worker shares prefixes.
    public var routing: Routing
    /// Written by the dialect, read by the worker; nil shows the output as it is.
    public var reading: OutputRules?
    /// What an edge needs to write this job's reply again; nil where its client cannot come back to another.
    ///
    /// Written by the edge that took the request, read by the edge that its client comes to; opaque to all
    /// others, who keep every token of such a job until it is over for its client.
    public var ticket: String?
    /// Stands for the key under which the client may ask again, at any edge; nil where it gave none.
    ///
    /// Written by the edge, read by the coordinator.
    public var retryKey: String?

    public init(
        id: JobID,
        model: String,
        task: JobTask = .generate,
        prompt: Prompt,
        sampling: Sampling = Sampling(),
        limits: JobLimits = JobLimits(),
        constraint: OutputConstraint? = nil,
        output: JobOutput = JobOutput(),
        routing: Routing = Routing()
    ) {
        self.id = id
        self.model = model
        self.task = task
        self.prompt = prompt
        self.sampling = sampling
        self.limits = limits
        self.constraint = constraint
        self.output = output
        self.routing = routing
    }
}

/// What is to be done with a prompt.
///
/// All but the first are answered at once: the stream's opening tells the prompt's length, its ids and its
/// text are the answer, and its end is `stop`. A worker that dies is replaced as for any other stream.
public enum JobTask: String, CaseIterable, Sendable {
    case generate
    /// Nothing but the prompt's length.
    case count
    /// The prompt's tokens as ids.
    case tokenize
    /// The same without the special tokens that the model wants around a text.
    case tokenizeBare = "tokenize_bare"
    /// The text of the prompt's tokens.
    case detokenize
    /// The text that the chat template makes of the prompt.
    case render
    /// A vector of the prompt's meaning: little-endian 32-bit floats, in base64 as text.
    case embed
    /// How well the second text of a pair answers the first: one such float.
    case score

    /// Whether a model computes it, and needs memory for the prompt.
    public var isComputed: Bool { self == .generate || self == .embed || self == .score }
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
    /// Two texts that are looked at together.
    case pair(String, String)

    /// Bytes of text, or four per token: what the edge can know about the length without a tokenizer.
    public var byteCount: Int {
        switch self {
        case .chat(let context): context.utf8.count
        case .text(let text): text.utf8.count
        case .tokens(let ids): ids.count * 4
        case .pair(let first, let second): first.utf8.count + second.utf8.count
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
    /// 1 keeps all.
    public var typicalP: Float = 1
    /// 1 changes nothing.
    public var repetitionPenalty: Float = 1
    public var presencePenalty: Float = 0
    public var frequencyPenalty: Float = 0
    /// Added to the logits of single tokens; sorted by token so that equal jobs have equal bytes.
    public var bias: [TokenBias] = []
    /// The only tokens that may come; empty allows all.
    public var allowedTokens: [TokenID] = []
    /// Texts that never come, as the model's own tokenizer cuts them into tokens.
    public var badWords: [String] = []
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
    /// Tokens before which nothing but `maxTokens` ends the generation.
    public var minTokens: UInt32 = 0
    /// The prompt's last tokens that are kept, where the client would rather have it cut than refused.
    public var promptTokens: UInt32?
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

/// What is told of the tokens that are picked.
public struct JobOutput: Hashable, Sendable {
    /// How likely each token was, beside so many of the likeliest; nil: not told, and not computed.
    public var logprobs: UInt32?
    /// The prompt's tokens are told too, each beside so many of the likeliest of its place: the stream begins
    /// with them, and what is picked follows.
    public var promptLogprobs: UInt32?
    /// The stop text that ends the generation is shown.
    public var showsStop = false
    /// The texts of special tokens are shown.
    public var showsSpecialTokens = false
    /// The prompt's text is shown in front.
    public var echoesPrompt = false

    public init() {}
}

/// What the coordinator needs to know about a job to queue it.
public struct Routing: Hashable, Sendable {
    public var lane: Lane = .normal
    /// Whose job it is; shares within a lane are counted per tenant.
    public var tenant: String = "default"
    /// The edge's guess from the prompt's bytes, in tokens.
    public var estimatedPromptTokens: UInt32 = 0
    /// Whose prompts may share what was computed: jobs of one scope; nil for those of the tenant alone.
    ///
    /// Written by the edge, read by the worker.
    public var sharedScope: String?

    /// What the scope is called in prefix indexes and links; no tenant has a name with a colon.
    public var prefixScope: String { sharedScope.map { "shared:" + $0 } ?? tenant }

    public init() {}
}
