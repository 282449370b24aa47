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
    /// What it is expected to take; set by the queue that it enters.
    public internal(set) var expected = Service()

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

    /// Tokens of service, for lanes and waiting times.
    var cost: UInt64 { max(1, expected.tokens) }

    /// What it keeps in memory while it waits, as far as its client decides: prompt and committed ids.
    var byteCount: Int { submission.job.prompt.byteCount + 4 * submission.committed.count }

    /// What it is taken to cost before it has run: its answer is as long as those that its tenant had, unless
    /// it is limited to less or more was shown already.
    func service(answer usual: UInt32) -> Service {
        let routing = submission.job.routing
        let limit = submission.job.task.isGenerated ? submission.job.limits.maxTokens ?? .max : 0
        return Service(
            freshTokens: UInt64(routing.estimatedPromptTokens),
            answerTokens: max(UInt64(min(limit, usual)), UInt64(submission.committed.count))
        )
    }

    /// Its place among the jobs of its tenant.
    var place: JobPlace { JobPlace(deadline: deadline ?? .distantFuture, arrival: arrival, serial: serial) }

    /// When it has waited for too long in the low lane.
    func agesAt(_ policy: LanePolicy) -> Instant {
        let half = deadline.map { arrival + .microseconds(max(.zero, $0 - arrival).microseconds / 2) }
        return min(arrival + policy.lowMaxWait, half ?? .distantFuture)
    }
}

/// Within a tenant: the earliest deadline first, then arrival.
struct JobPlace: Comparable, Sendable {
    var deadline: Instant
    var arrival: Instant
    var serial: UInt64

    static func < (left: JobPlace, right: JobPlace) -> Bool {
        (left.deadline, left.arrival, left.serial) < (right.deadline, right.arrival, right.serial)
    }
}

extension JobTask {
    /// Whether there is an answer of tokens.
    fileprivate var isGenerated: Bool { self == .generate }
}
