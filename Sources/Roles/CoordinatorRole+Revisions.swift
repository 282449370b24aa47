internal import Contract
internal import Lanes

/// Which weights a job may go on with.
extension CoordinatorRole {
    /// Why a job that has begun cannot go on now: its model is served, and by nobody with the weights that it
    /// began with.
    ///
    /// The edge puts it up again for a while; a worker that has them may come back. Without any worker that
    /// has the model, jobs wait as they always do.
    func lackOfWeights(_ submission: Submission, at now: Instant) -> Refusal? {
        guard let revision = submission.revision, now - startedAt > timing.rebuild else { return nil }
        let model = submission.job.model
        var isServed = false
        for worker in workers.values where worker.serves(model) {
            if worker.revisions[model] == revision { return nil }
            isServed = true
        }
        guard isServed else { return nil }
        let detail = "the model \"\(model)\" was replaced while this was being answered, and no worker has"
        let weights = "the weights that it began with (\(revision.prefix(64)))"
        return Refusal(.modelFailed, "\(detail) \(weights)", retryAfterSeconds: 1)
    }

    /// The job of a model whose turn it is; those that cannot go on go back to their edges, so that nobody
    /// waits behind them.
    mutating func nextPossible(of model: String, at now: Instant) -> WaitingJob? {
        while let next = queue.next(for: model) {
            guard let refusal = lackOfWeights(next.submission, at: now) else { return next }
            queue.remove(next.id)
            refuse(next.id, next.submission.attempt, refusal, to: next.edge, at: now)
        }
        return nil
    }
}
