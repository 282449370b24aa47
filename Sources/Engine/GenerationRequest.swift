public import Constraints
public import Contract

/// One attempt of a job, as the engine wants it: tokenized, and with everything that decides its output.
public struct GenerationRequest: Sendable {
    public var job: JobID
    public var attempt: Attempt
    public var promptIDs: [TokenID]
    /// Ids that an earlier attempt has shown to the client.
    ///
    /// Generation goes on behind them, and positions count from `committed.count`.
    public var committed: [TokenID] = []
    public var sampling = Sampling()
    public var limits = JobLimits()
    /// What the text must be like.
    public var constraint: TokenConstraint?
    /// What of it is up to the model.
    public var ownChoice: OwnChoice?
    /// `sampling.badWords` as tokens.
    public var badWords: [[TokenID]] = []
    public var output = JobOutput()
    /// Shown in front of what is generated: told with the opening, and so once in the life of a stream.
    public var echo = ""
    /// Needed where `output` asks for logprobs.
    public var spelling: (any TokenSpelling)?
    public var lane = Lane.normal
    public var deadline: Instant?
    /// Requests of one scope may share what was computed for their common beginning; see `PrefixRoot`.
    public var scope = ""
    /// Links of the prompt, in ascending order of their tokens.
    public var links: [CoveredLink] = []
    /// At the beginning of the stream: the engine replays `committed` through it.
    public var decoder: any TextDecoding
    /// At the beginning of the stream as well; nil shows the text as it is.
    public var reading: OutputReading?

    public init(job: JobID, attempt: Attempt = .first, promptIDs: [TokenID], decoder: any TextDecoding) {
        self.job = job
        self.attempt = attempt
        self.promptIDs = promptIDs
        self.decoder = decoder
    }
}

/// A link of a prompt with the tokens that it comes to.
public struct CoveredLink: Hashable, Sendable {
    public var link: PrefixLink
    /// Tokens of the prompt that the link stands for; what is not a whole block of them does not count.
    public var tokens: Int

    public init(_ link: PrefixLink, tokens: Int) {
        self.link = link
        self.tokens = tokens
    }
}
