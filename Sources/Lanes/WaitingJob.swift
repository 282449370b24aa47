public import Contract

/// A job in a lane.
public struct WaitingJob: Hashable, Sendable {
    public var submission: Submission
    public var edge: NodeID
    /// When it would have arrived if it had not been lost in between; decides its place in the line.
    public var arrival: Instant
    /// When this attempt was put up.
    public var offeredAt: Instant
    public var deadline: Instant?
    /// Where it waits now; a low job that has waited too long is in normal.
    public internal(set) var lane: Lane
    /// Breaks ties, so that the order never depends on hashing.
    var serial: UInt64 = 0
    /// Tokens of service that it is expected to take; set by the queue that it enters.
    var cost: UInt64 = 0

    public init(_ submission: Submission, edge: NodeID, at now: Instant) {
        self.submission = submission
        self.edge = edge
        offeredAt = now
        arrival = now + .milliseconds(-Int64(submission.waitedMilliseconds))
        deadline = submission.remainingMilliseconds.map { now + .milliseconds(Int64($0)) }
        lane = submission.job.routing.lane
    }

    public var id: JobID { submission.job.id }
    public var model: String { submission.job.model }
    public var tenant: String { submission.job.routing.tenant }

    /// What it keeps in memory while it waits, as far as its client decides: prompt and committed ids.
    var byteCount: Int { submission.job.prompt.byteCount + 4 * submission.committed.count }

    /// What it is expected to cost before it has run; ids that were committed are prompt by now.
    func expectedCost(answer expectedAnswer: UInt32) -> UInt64 {
        let prompt = UInt64(submission.job.routing.estimatedPromptTokens) + UInt64(submission.committed.count)
        return max(1, prompt + UInt64(min(submission.job.limits.maxTokens ?? expectedAnswer, 1 << 20)))
    }

    /// Within a tenant: the earliest deadline first, then arrival.
    func precedes(_ other: WaitingJob) -> Bool {
        let mine = (deadline ?? .distantFuture, arrival, serial)
        return mine < (other.deadline ?? .distantFuture, other.arrival, other.serial)
    }
}
