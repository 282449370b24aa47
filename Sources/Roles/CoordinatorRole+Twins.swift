internal import Contract
internal import Lanes

/// Jobs that were put up under a key, so that a request which comes again at another edge finds its first
/// one.
///
/// Known from submissions and from the hellos of edges, while the job is and for as long behind its end as a
/// worker keeps its stream.
extension CoordinatorRole {
    struct Twin {
        var job: JobID
        /// When it was last seen waiting, leased or expected.
        var knownAt: Instant
    }

    /// Whether a job that is put up has a twin; its edge is told which.
    mutating func hasTwin(_ submission: Submission, from node: NodeID, at now: Instant) -> Bool {
        let id = submission.job.id
        guard submission.attempt == .first, let key = submission.job.retryKey, let twin = twins[key],
            twin.job != id, isKnown(twin.job) || now - twin.knownAt <= timing.edgeGone
        else { return false }
        send(.twin(id, submission.attempt, of: twin.job), toEdge: node, at: now)
        return true
    }

    mutating func noteTwin(_ job: JobID, _ key: String?, at now: Instant) {
        guard let key, twins[key] != nil || twins.count < limits.twins else { return }
        if let former = twins[key]?.job { twinKeys[former] = nil }
        twins[key] = Twin(job: job, knownAt: now)
        twinKeys[job] = key
    }

    /// A job that was ended by its edge is nobody's twin.
    mutating func forgetTwin(_ job: JobID) {
        guard let key = twinKeys.removeValue(forKey: job) else { return }
        twins[key] = nil
    }

    mutating func expireTwins(at now: Instant) {
        guard !twins.isEmpty, now - lastTwins >= timing.positions else { return }
        lastTwins = now
        for (key, twin) in twins {
            if isKnown(twin.job) {
                twins[key]?.knownAt = now
            } else if now - twin.knownAt > timing.edgeGone {
                twins[key] = nil
                twinKeys[twin.job] = nil
            }
        }
    }

    private func isKnown(_ job: JobID) -> Bool {
        leasedTo[job] != nil || queue.contains(job) || parked[job] != nil || orphans[job] != nil
    }
}
