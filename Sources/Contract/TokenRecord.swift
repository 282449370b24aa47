/// A stretch of one token stream: the next ids, the text that they released, and perhaps the stream's end.
///
/// A token's identity is (job, position). `attempt` tells which lease computed it, and fences older ones.
public struct TokenRecord: Hashable, Sendable {
    public var job: JobID
    public var attempt: Attempt
    /// Position of `ids[0]` in the stream, counted from 0 across all attempts.
    public var position: UInt32
    public var ids: [TokenID]
    /// Whole code points of UTF-8.
    ///
    /// A function of the ids up to here alone, so that any worker continues it exactly: what might still
    /// become a stop string or half a code point stays on the worker.
    public var text: String
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
        ids: [TokenID] = [],
        text: String = "",
        opening: StreamOpening? = nil,
        end: StreamEnd? = nil
    ) {
        self.job = job
        self.attempt = attempt
        self.position = position
        self.ids = ids
        self.text = text
        self.opening = opening
        self.end = end
    }

    /// Bytes of what varies from record to record.
    public var byteCount: Int {
        var byteCount = 4 * ids.count + text.utf8.count
        for mark in marks { byteCount += 8 + mark.byteCount }
        if case .failed(let failure) = end { byteCount += failure.detail.utf8.count }
        return byteCount
    }

    /// Position after the last id.
    public var nextPosition: UInt32 { position &+ UInt32(truncatingIfNeeded: ids.count) }
}

/// What the worker learned when it began to compute a job.
public struct StreamOpening: Hashable, Sendable {
    /// Tokens of the prompt alone, without ids that were committed by earlier attempts.
    public var promptTokens: UInt32
    /// Those of them that did not have to be computed.
    public var cachedTokens: UInt32

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
