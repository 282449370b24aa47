/// A stretch of one token stream: the next ids, the text that they released, and perhaps the stream's end.
///
/// A token's identity is (job, position). `attempt` tells which lease computed it, and fences older ones.
public struct TokenRecord: Hashable, Sendable {
    public var job: JobID
    public var attempt: Attempt
    /// Position of `ids[0]` in the stream, counted from 0 across all attempts.
    public var position: UInt32
    public var ids: TokenRun
    /// Whole code points of UTF-8.
    ///
    /// A function of the ids up to here alone, so that any worker continues it exactly: what might still
    /// become a stop string or half a code point stays on the worker.
    public var text: String
    /// One for each id where the job asks for them, else none; an id that ends the turn is part of it only
    /// where the prompt's tokens are.
    public var logprobs: [TokenLogprob]
    /// Whether `ids` are the prompt's own, told with how likely they were before anything that is picked.
    ///
    /// The first token of a prompt was not to be expected by anybody: its logprob says nothing.
    public var isPrompt = false
    /// Where in `text` it becomes something else, in ascending order.
    public var marks: [OutputMark] = []
    /// How many of `ids` were thought.
    public var thinkingTokens: UInt32 = 0
    /// Set in the first record of an attempt.
    public var opening: StreamOpening?
    /// Set in the last record of a stream.
    public var end: StreamEnd?

    public init(
        job: JobID,
        attempt: Attempt,
        position: UInt32,
        ids: some Sequence<TokenID> = TokenRun(),
        text: String = "",
        logprobs: [TokenLogprob] = [],
        opening: StreamOpening? = nil,
        end: StreamEnd? = nil
    ) {
        self.job = job
        self.attempt = attempt
        self.position = position
        self.ids = TokenRun(ids)
        self.text = text
        self.logprobs = logprobs
        self.opening = opening
        self.end = end
    }

    /// Bytes of what varies from record to record.
    public var byteCount: Int {
        var byteCount = 4 * ids.count + text.utf8.count
        for token in logprobs { byteCount += token.byteCount }
        for mark in marks { byteCount += 8 + mark.byteCount }
        if case .failed(let failure) = end { byteCount += failure.detail.utf8.count }
        return byteCount
    }

    /// How many of `ids` were picked.
    public var pickedCount: Int { isPrompt ? 0 : ids.count }

    /// Position after the last id.
    public var nextPosition: UInt32 { position &+ UInt32(truncatingIfNeeded: ids.count) }
}

/// How likely a token was in the eyes of the model, before any rule of sampling was applied.
public struct TokenLogprob: Hashable, Sendable {
    public var token: LikelyToken
    /// The likeliest tokens of its place, from the likeliest down; it may be among them.
    public var top: [LikelyToken]
    /// Characters of the text in front of it.
    public var offset: UInt32 = 0
    /// Its place among all tokens, from 1; 0 where that was not counted.
    public var rank: UInt32 = 0

    public init(_ token: LikelyToken, top: [LikelyToken] = []) {
        self.token = token
        self.top = top
    }

    /// Bytes that it takes in a record.
    public var byteCount: Int { top.reduce(8 + token.byteCount) { $0 + $1.byteCount } }
}

/// A token with its probability, and with its own bytes: who reads this has no tokenizer.
public struct LikelyToken: Hashable, Sendable {
    /// More of a token's bytes are not told.
    public static let byteLimit = 256
    /// More tokens of one place are not told.
    public static let countLimit = 64
    /// What stands for less, and for impossible: JSON has no infinity.
    public static let lowestLogprob: Float = -9999

    public var id: TokenID
    /// The natural logarithm of its probability.
    public var logprob: Float
    /// Perhaps part of a character only.
    public var bytes: [UInt8]

    public init(id: TokenID, logprob: Float, bytes: [UInt8]) {
        self.id = id
        self.logprob = logprob
        self.bytes = bytes
    }

    var byteCount: Int { 10 + bytes.count }
}

/// What the worker learned when it began to compute a job.
public struct StreamOpening: Hashable, Sendable {
    /// Tokens of the prompt alone, without ids that were committed by earlier attempts.
    public var promptTokens: UInt32
    /// Those of them that did not have to be computed.
    public var cachedTokens: UInt32
    /// Those of them that were read from disk.
    ///
    /// Written by the engine, read by the edge.
    public var diskTokens: UInt32 = 0
    /// Why there were no more of them; nil if there could not be more, or where it is not known.
    ///
    /// Written by the worker, read by the edge.
    public var reuseEnd: ReuseEnd?
    /// The weights that compute the attempt.
    ///
    /// Written by the worker, read by the edge.
    public var revision: String?

    public init(promptTokens: UInt32, cachedTokens: UInt32 = 0) {
        self.promptTokens = promptTokens
        self.cachedTokens = cachedTokens
    }
}

/// How a stream ended.
///
/// Every accepted job ends in exactly one of these.
public enum StreamEnd: Hashable, Sendable {
    /// The model's own end token, or the stop string that was matched.
    case stop(sequence: String?)
    /// `maxTokens` or the model's context was reached.
    case length
    /// The client went away or asked for it.
    case cancelled
    /// It broke after it had started.
    case failed(Failure)
}
