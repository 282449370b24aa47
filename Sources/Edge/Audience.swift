internal import Contract
internal import Dialects

/// Whoever is shown what comes of some jobs.
protocol Audience: AnyObject {
    var requestID: String { get }
    /// The model that was asked for.
    var model: String { get }
    /// Whose request it is.
    var tenant: String { get }
    /// How much of the prompt was known, once a worker has begun.
    var prompt: PromptReport? { get }
    /// Jobs that have not ended.
    var open: Set<JobID> { get }
    var startedAt: Instant { get }
    var firstTokenAt: Instant? { get }
    /// Whether the reply is known to its end: whatever still runs is not wanted any more.
    var isOver: Bool { get }

    /// The next record of the `choice`-th job.
    func show(_ record: TokenRecord, choice: Int, at now: Instant)

    /// A job ended without a record.
    func fail(_ error: DialectError, job: JobID, at now: Instant)

    /// Where a waiting job stands.
    func note(_ place: QueuePosition)

    /// Says something if nothing was said for `silence`, so that neither a client nor a proxy gives up.
    func keepAlive(after silence: Duration, at now: Instant)
}
