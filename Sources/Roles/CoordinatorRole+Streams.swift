internal import Contract
internal import Lanes

/// Streams that change their edge: the coordinator knows who has them, and passes on what is asked and told.
extension CoordinatorRole {
    /// A job whose edge is gone before a worker had it; its client may ask for it at another edge.
    struct ParkedJob {
        var submission: Submission
        var since: Instant
    }

    /// An edge has taken a job over that a worker runs: it goes on there; false if no worker has it.
    mutating func claim(_ submission: Submission, by edge: NodeID, at now: Instant) -> Bool {
        let id = submission.job.id
        guard submission.takesOver, let holder = leasedTo[id],
            var lease = workers[holder]?.leases[id], lease.attempt < submission.attempt
        else { return false }
        // Its worker tells the former owner too, but for one that it has not met yet.
        if lease.edge != edge { dismiss(id, lease.attempt, lease.edge, at: now) }
        lease.attempt = submission.attempt
        lease.edge = edge
        workers[holder]?.change(lease, of: id)
        var claim = Claim(
            job: id,
            attempt: submission.attempt,
            edge: edge,
            tokenEndpoint: edges[edge]?.tokenEndpoint ?? ""
        )
        claim.edgeEpoch = edges[edge]?.link.peerEpoch
        send(.claim(claim), toWorker: holder, at: now)
        send(.accepted(id, submission.attempt), toEdge: edge, at: now)
        return true
    }

    /// Whether an attempt comes from an edge that a job was taken from; it is told.
    ///
    /// Where two count alike, the job stays with the one that was here first.
    mutating func refusesFormerOwner(_ id: JobID, _ attempt: Attempt, _ node: NodeID, at now: Instant) -> Bool
    {
        let owner: (attempt: Attempt, edge: NodeID)?
        if let holder = leasedTo[id], let lease = workers[holder]?.leases[id] {
            owner = (lease.attempt, lease.edge)
        } else if let waiting = queue.waiting(id) {
            owner = (waiting.submission.attempt, waiting.edge)
        } else {
            owner = orphans[id].map { ($0.attempt, $0.edge) }
        }
        guard let owner, owner.attempt >= attempt, owner.edge != node else { return false }
        dismiss(id, attempt, node, at: now)
        return true
    }

    /// A job that is expected with a worker for another edge is this one's now, which counts higher.
    mutating func dismissOrphan(_ id: JobID, for node: NodeID, at now: Instant) {
        guard let orphan = orphans.removeValue(forKey: id), orphan.edge != node else { return }
        dismiss(id, orphan.attempt, orphan.edge, at: now)
    }

    /// The worker that a job was expected with has come, and tells itself how it stands.
    mutating func settleOrphan(_ job: HeldJob, at now: Instant) {
        guard let orphan = orphans[job.job], orphan.attempt > job.attempt else {
            return dismissOrphan(job.job, for: job.edge, at: now)
        }
        orphans[job.job] = nil
        tellLost(job.job, orphan.attempt, .notHeld, to: orphan.edge, at: now)
    }

    /// Takes a lease from its worker because the job goes on under a higher attempt, whoever owns it then.
    mutating func withdraw(
        _ id: JobID,
        _ lease: WorkerPeer.Running,
        from worker: NodeID,
        for node: NodeID,
        at now: Instant
    ) {
        send(.cancel(id, lease.attempt), toWorker: worker, at: now)
        release(id)
        if lease.edge != node { dismiss(id, lease.attempt, lease.edge, at: now) }
    }

    /// A worker brings a job along: whether it is the one that goes on, and not an older attempt of it.
    ///
    /// Whoever counts lower is told that it is not theirs any more, or that it is stopped.
    mutating func prevails(_ job: HeldJob, at node: NodeID, _ now: Instant) -> Bool {
        if let orphan = orphans[job.job], orphan.attempt > job.attempt, orphan.worker != node {
            return decline(job, of: node, for: orphan.edge, at: now)
        }
        if let waiting = queue.waiting(job.job) {
            let attempt = waiting.submission.attempt
            guard attempt < job.attempt || (attempt == job.attempt && waiting.edge == job.edge) else {
                return decline(job, of: node, for: waiting.edge, at: now)
            }
            dismissWaiting(job.job, for: job.edge, at: now)
        }
        guard let holder = leasedTo[job.job], holder != node, let lease = workers[holder]?.leases[job.job]
        else { return true }
        guard lease.attempt < job.attempt else {
            return decline(job, of: node, for: lease.edge, at: now)
        }
        withdraw(job.job, lease, from: holder, for: job.edge, at: now)
        return true
    }

    /// Stops a job at a worker that brought it along, because a newer attempt goes on for `owner`.
    private mutating func decline(
        _ job: HeldJob,
        of worker: NodeID,
        for owner: NodeID,
        at now: Instant
    ) -> Bool {
        send(.cancel(job.job, job.attempt), toWorker: worker, at: now)
        if owner != job.edge { dismiss(job.job, job.attempt, job.edge, at: now) }
        return false
    }

    /// A job that waits for another edge is this one's now, which counts higher.
    mutating func dismissWaiting(_ id: JobID, for node: NodeID, at now: Instant) {
        guard let waiting = queue.waiting(id), waiting.edge != node else { return }
        queue.remove(id)
        dismiss(id, waiting.submission.attempt, waiting.edge, at: now)
    }

    /// Two edges say in their hellos that a job is theirs: the one that counts higher has taken it over.
    ///
    /// False if the job has found its place by that.
    mutating func settleOwner(_ job: HeldJob, _ edge: NodeID, at now: Instant) -> Bool {
        if refusesFormerOwner(job.job, job.attempt, edge, at: now) { return false }
        dismissWaiting(job.job, for: edge, at: now)
        guard let holder = leasedTo[job.job], let lease = workers[holder]?.leases[job.job],
            lease.edge != edge, lease.attempt < job.attempt
        else { return true }
        guard job.running else {
            // Put up again, it goes on where it runs.
            tellLost(job.job, job.attempt, .notHeld, to: edge, at: now)
            return false
        }
        withdraw(job.job, lease, from: holder, for: edge, at: now)
        return true
    }

    private mutating func dismiss(_ id: JobID, _ attempt: Attempt, _ edge: NodeID, at now: Instant) {
        refuse(id, attempt, Refusal(.streamLost, "another edge has taken the stream over"), to: edge, at: now)
    }

    /// The jobs of an edge that is gone, or began anew, wait no more; some can be asked for elsewhere.
    mutating func removeWaiting(_ job: WaitingJob, at now: Instant) {
        queue.remove(job.id)
        guard job.submission.job.ticket != nil, parked.count < limits.jobsPerEdge else { return }
        parked[job.id] = ParkedJob(submission: job.submission, since: now)
    }

    mutating func expireParked(at now: Instant) {
        guard !parked.isEmpty else { return }
        parked = parked.filter { now - $0.value.since <= timing.edgeGone }
    }
}
