internal import Contract
internal import Lanes

/// Streams that change their edge: the coordinator knows who has them, and passes on what is asked and told.
extension CoordinatorRole {
    /// A job whose edge is gone before a worker had it; its client may ask for it at another edge.
    struct ParkedJob {
        var submission: Submission
        var since: Instant
    }

    /// An edge looks for a stream: whoever has it hands over what is known.
    mutating func seek(_ job: JobID, by edge: NodeID, at now: Instant) {
        if let holder = leasedTo[job] { return send(.seek(job, by: edge), toWorker: holder, at: now) }
        if let waiting = queue.waiting(job)?.submission ?? parked[job]?.submission {
            guard waiting.job.ticket != nil else { return }
            return send(.handover(Handover(edge: edge, submission: waiting)), toEdge: edge, at: now)
        }
        // Its end may have been acknowledged, and its worker remembers it for a while.
        for worker in workers.keys.sorted() where workers[worker]?.link.isOpen == true {
            send(.seek(job, by: edge), toWorker: worker, at: now)
        }
    }

    /// An edge has taken a job over that a worker runs: it goes on there; false if no worker has it.
    mutating func claim(_ submission: Submission, by edge: NodeID, at now: Instant) -> Bool {
        let id = submission.job.id
        guard submission.takesOver, let holder = leasedTo[id],
            var lease = workers[holder]?.leases[id], lease.attempt < submission.attempt
        else { return false }
        lease.attempt = submission.attempt
        lease.edge = edge
        workers[holder]?.change(lease, of: id)
        let claim = Claim(
            job: id,
            attempt: submission.attempt,
            edge: edge,
            tokenEndpoint: edges[edge]?.tokenEndpoint ?? ""
        )
        send(.claim(claim), toWorker: holder, at: now)
        send(.accepted(id, submission.attempt), toEdge: edge, at: now)
        return true
    }

    /// Whether an attempt comes from an edge that a job was taken from; it is told.
    mutating func refusesFormerOwner(_ id: JobID, _ attempt: Attempt, _ node: NodeID, at now: Instant) -> Bool
    {
        let owner: (attempt: Attempt, edge: NodeID)?
        if let holder = leasedTo[id], let lease = workers[holder]?.leases[id] {
            owner = (lease.attempt, lease.edge)
        } else {
            owner = queue.waiting(id).map { ($0.submission.attempt, $0.edge) }
        }
        guard let owner, owner.attempt > attempt, owner.edge != node else { return false }
        dismiss(id, attempt, node, at: now)
        return true
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
        send(.cancel(job.job, lease.attempt), toWorker: holder, at: now)
        release(job.job)
        dismiss(job.job, lease.attempt, lease.edge, at: now)
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
