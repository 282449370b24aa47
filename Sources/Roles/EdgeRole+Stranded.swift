internal import Contract

/// Jobs that have begun and that nobody could go on with just then: a queue is full, or the workers that have
/// the weights they began with are away.
extension EdgeRole {
    /// Whether a job that was refused is put up again in a while: one that has begun, where it may be taken
    /// later, and that was not tried for long enough.
    mutating func strands(_ job: JobID, _ attempt: Attempt, _ refusal: Refusal, at now: Instant) -> Bool {
        guard refusal.retryAfterSeconds != nil, attempt > .first, let entry = jobs[job],
            entry.attempt == attempt, entry.state == .waiting
        else { return false }
        let since = entry.strandedSince ?? now
        guard now - since < timing.strandedPatience else { return false }
        jobs[job]?.strandedSince = since
        stranded[job] = now + timing.strandedRetry
        return true
    }

    mutating func retryStranded(at now: Instant) {
        for (job, due) in stranded.sorted(by: { $0.key < $1.key }) where due <= now {
            stranded[job] = nil
            guard jobs[job]?.state == .waiting else { continue }
            submit(job, at: now)
        }
    }
}
