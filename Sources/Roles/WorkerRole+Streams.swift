internal import Contract

/// Streams that change their edge: the worker holds every token of them, whoever owns them.
extension WorkerRole {
    /// A stream whose end was acknowledged: its client may have missed it.
    struct LingeringStream {
        var job: WorkerJob
        var since: Instant
    }

    /// Another edge asks for a stream: all that is known of it goes there, by way of the coordinator; or the
    /// word that it is not here, or not whole.
    mutating func sought(_ id: JobID, by edge: NodeID, at now: Instant) {
        guard let job = jobs[id] ?? lingering[id]?.job, var submission = job.submission,
            job.isToldWhole(limits)
        else { return sendToCoordinator(.unfound(id, by: edge), at: now) }
        submission.attempt = job.attempt.fence(after: job.handedOut)
        submission.told = job.output
        submission.committed = job.output.flatMap(\.ids)
        submission.fingerprint = identity.fingerprint
        submission.remainingMilliseconds = submission.remainingMilliseconds.map { left in
            let spent = UInt32(clamping: (now - job.leasedAt).milliseconds)
            return left - min(left, spent)
        }
        jobs[id]?.handedOut = submission.attempt
        sendToCoordinator(.handover(Handover(edge: edge, submission: submission)), at: now)
    }

    /// Another edge owns a job from here on: its stream goes there, from the beginning.
    mutating func claimed(_ claim: Claim, at now: Instant) {
        guard var job = jobs[claim.job], job.submission != nil, job.attempt < claim.attempt else {
            guard jobs[claim.job] == nil else { return }
            return sendToCoordinator(.declined(claim.job, claim.attempt, Decline(.modelGone)), at: now)
        }
        let former = job.ownerlessSince == nil && job.edge != claim.edge ? job.edge : nil
        release(&job)
        job.take(over: claim)
        jobs[job.id] = job
        attachEdge(claim.edge, claim.tokenEndpoint, job.id, at: now)
        if !job.output.isEmpty { edges[claim.edge]?.unsent.append(job.id) }
        flush(claim.edge, at: now)
        guard let former else { return }
        edges[former]?.moved[claim.job] = claim.attempt
        tellMoved(former, at: now)
    }

    /// Tells an edge which jobs are another's by now.
    ///
    /// A hello that was said before could not: it has them still.
    mutating func tellMoved(_ node: NodeID, at now: Instant) {
        guard let edge = edges[node], edge.link.isOpen, !edge.moved.isEmpty else { return }
        edges[node]?.moved = [:]
        for (job, attempt) in edge.moved.sorted(by: { $0.key < $1.key }) {
            send(.moved(job, attempt), to: node, at: now)
        }
    }

    /// The edge that owned a stream is gone: whoever its client comes to may claim it.
    mutating func disown(_ id: JobID, at now: Instant) {
        guard var job = jobs[id], job.submission != nil, job.ownerlessSince == nil else { return }
        release(&job)
        job.ownerlessSince = now
        jobs[id] = job
    }

    /// Takes a job out of its edge's books.
    private mutating func release(_ job: inout WorkerJob) {
        guard job.ownerlessSince == nil else { return }
        edges[job.edge]?.jobs.remove(job.id)
        edges[job.edge]?.inFlight -= job.sent - job.acknowledged
        (job.sent, job.acknowledged) = (0, 0)
    }

    /// Keeps a stream whose end was acknowledged, for a client that did not get it.
    mutating func linger(_ job: WorkerJob, at now: Instant) {
        guard job.submission != nil, lingering.count < limits.lingeringStreams else { return }
        lingering[job.id] = LingeringStream(job: job, since: now)
    }

    /// Gives up what nobody came back to.
    mutating func expireOwnerless(at now: Instant) {
        for (id, job) in jobs.sorted(by: { $0.key < $1.key }) {
            guard let since = job.ownerlessSince, now - since > timing.edgeGone else { continue }
            handBack(id, at: now)
        }
        guard !lingering.isEmpty else { return }
        lingering = lingering.filter { now - $0.value.since <= timing.edgeGone }
    }
}

extension WorkerJob {
    /// Whether everything that was put out for the job is here, and fits into a message.
    func isToldWhole(_ limits: FleetLimits) -> Bool {
        var next: UInt32 = 0
        var byteCount = 0
        for record in output {
            guard record.position <= next else { return false }
            next = record.nextPosition
            byteCount += record.toldByteCount
        }
        return next == self.next && byteCount <= limits.toldBytes
    }

    mutating func take(over claim: Claim) {
        attempt = claim.attempt
        edge = claim.edge
        edgeEpoch = claim.edgeEpoch
        ownerlessSince = nil
        for index in output.indices { output[index].attempt = attempt }
    }
}

extension TokenRecord {
    /// What it takes in a list of records that is told to another process.
    var toldByteCount: Int { 48 + byteCount }
}
