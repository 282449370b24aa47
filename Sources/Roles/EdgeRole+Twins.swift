public import Contract

/// Requests that come again at another edge.
///
/// A job with a `retryKey` is put up like any other. If a job of the same key is known in the fleet, the
/// coordinator does not take it and names that one, its twin. This edge asks for the twin as for a stream
/// that changes its edge, and has it from then on in place of its own job; where nobody has the twin any
/// more, the job is put up once more and runs.
extension EdgeRole {
    /// The coordinator knows another job of the same key.
    mutating func heardOfTwin(_ twin: JobID, of job: JobID, _ attempt: Attempt, at now: Instant) {
        guard isLookingForTwin(job), jobs[job]?.attempt == attempt else { return }
        let hasRoom = seeks.count < limits.seeksPerEdge && !isDraining
        guard jobs[twin] == nil, twins[twin] == nil, seeks[twin] == nil, hasRoom else {
            return runAnyway(job, at: now)
        }
        twins[twin] = job
        seeks[twin] = Seek(since: now, lastAsked: now)
        sendToCoordinator(.seek(twin, by: identity.node), at: now)
    }

    /// What is known of a job's twin: all of it from the beginning, and no failure, or the job runs.
    mutating func foundTwin(_ found: Submission, of job: JobID, at now: Instant) {
        guard isLookingForTwin(job) else { return }
        let told = found.told.reduce(0) { $0 + $1.ids.count }
        guard told == found.committed.count, found.told.last?.hasFailed != true else {
            return runAnyway(job, at: now)
        }
        effects.append(.foundTwin(job, found))
    }

    /// The twin that was found goes on here, in place of the job.
    public mutating func replace(_ job: JobID, by found: Submission, at now: Instant) {
        guard isLookingForTwin(job) else { return }
        remove(job)
        adopt(found, at: now)
    }

    /// The twin is not to be had: the job is put up under an attempt that no coordinator turns down for it.
    public mutating func runAnyway(_ job: JobID, at now: Instant) {
        guard let attempt = jobs[job]?.attempt, isLookingForTwin(job) else { return }
        jobs[job]?.attempt = attempt.next
        submit(job, at: now)
    }

    /// Whether a job may have a twin: it has not run, and was not put up in spite of one.
    private func isLookingForTwin(_ job: JobID) -> Bool {
        guard let entry = jobs[job] else { return false }
        return entry.state == .waiting && entry.attempt == .first && entry.job.retryKey != nil
    }
}

extension TokenRecord {
    fileprivate var hasFailed: Bool { if case .failed = end { true } else { false } }
}
