internal import Contract

/// A job that this edge accepted and that has not ended: where it is, and what its client has been shown.
struct EdgeJob {
    /// Can become: waiting → running → waiting (its worker was lost) → … → gone, when it has ended.
    enum State: Hashable {
        /// Put up for lease, or about to be.
        case waiting
        /// A worker has opened the stream for the current attempt.
        case running(NodeID)
    }

    let job: Job
    /// Of the prompt.
    let links: [PromptLink]
    let acceptedAt: Instant
    var deadline: Instant?
    var attempt = Attempt.first
    var state = State.waiting
    var stream = TokenStream()
    /// Workers that died with the job since its last new token.
    var lossesHere = 0
    var lastLossPosition: UInt32 = 0
    var avoid: NodeID?
    /// What computed the first of the tokens that were shown.
    var fingerprint: String?
    /// The weights that picked the first token that was shown, and those that opened the stream last.
    private(set) var revision: String?
    private var openedRevision: String?
    /// Since when nobody could go on with it, though it has begun.
    var strandedSince: Instant?
    /// `stream` as it came, for a job that has a ticket.
    private(set) var told: [TokenRecord] = []
    private var toldByteCount = 0
    /// It was another edge's, and its worker has not been heard here.
    var isTakenOver = false

    init(_ job: Job, links: [PromptLink], at now: Instant) {
        self.job = job
        self.links = links
        acceptedAt = now
        deadline = job.limits.timeoutMilliseconds.map { now + .milliseconds(Int64($0)) }
    }

    var worker: NodeID? { if case .running(let worker) = state { worker } else { nil } }

    func submission(at now: Instant, _ limits: FleetLimits) -> Submission {
        var submission = Submission(
            job: job,
            attempt: attempt,
            committed: stream.ids,
            remainingMilliseconds: deadline.map { UInt32(clamping: max(.zero, $0 - now).milliseconds) },
            waitedMilliseconds: UInt32(clamping: (now - acceptedAt).milliseconds),
            avoid: avoid,
            fingerprint: fingerprint
        )
        submission.takesOver = isTakenOver
        submission.revision = revision
        let isSmall =
            toldByteCount <= limits.toldBytes
            && toldByteCount + job.prompt.byteCount <= limits.toldPromptBytes
        if isSmall { submission.told = told }
        submission.links = links
        return submission
    }

    /// Appends a record to the stream.
    mutating func commit(_ record: TokenRecord) -> TokenStream.Verdict {
        if let opening = record.opening { openedRevision = opening.revision }
        let isFirst = stream.ids.isEmpty && !record.ids.isEmpty
        let verdict = stream.append(record)
        guard verdict == .appended else { return verdict }
        strandedSince = nil
        if job.ticket != nil {
            told.append(record)
            toldByteCount += record.toldByteCount
        }
        if isFirst { settleRevision() }
        return verdict
    }

    /// The first token was picked by whoever opened the stream last, who may not have been the first to.
    private mutating func settleRevision() {
        revision = openedRevision
        guard let opened = told.firstIndex(where: { $0.opening != nil }) else { return }
        told[opened].opening?.revision = revision
    }

    func held(by edge: NodeID) -> HeldJob {
        var held = HeldJob(
            job: job.id,
            attempt: attempt,
            edge: edge,
            running: worker != nil,
            worker: worker,
            lane: job.routing.lane,
            model: job.model,
            tenant: job.routing.tenant
        )
        held.retryKey = job.retryKey
        return held
    }

    /// Commits a record of the current attempt to the stream.
    mutating func take(
        _ record: TokenRecord,
        from worker: NodeID,
        fingerprint: String?
    ) -> TokenStream.Verdict {
        state = .running(worker)
        isTakenOver = false
        let verdict = commit(record)
        if verdict == .appended, self.fingerprint == nil { self.fingerprint = fingerprint }
        return verdict
    }

    /// Goes back to waiting under a higher attempt, which fences whatever the lost worker may still say.
    mutating func lose(_ reason: LossReason) {
        if reason == .workerDied {
            if lossesHere > 0, lastLossPosition != stream.next { lossesHere = 0 }
            lossesHere += 1
            lastLossPosition = stream.next
        }
        if reason == .workerDied { isTakenOver = false }
        if let worker { avoid = worker }
        attempt = attempt.next
        state = .waiting
    }
}
