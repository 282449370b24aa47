public import Contract

/// What waits for each model: for whoever decides which models are loaded.
extension LaneQueue {
    /// Jobs that wait for one model, and what they have waited together.
    public struct Backlog: Hashable, Sendable {
        public var count = 0
        public var seconds = 0.0
    }

    /// O(jobs).
    public func waitingByModel(at now: Instant) -> [String: Backlog] {
        var backlogs: [String: Backlog] = [:]
        for job in jobs.values {
            backlogs[job.model, default: Backlog()].count += 1
            backlogs[job.model]?.seconds += max(.zero, now - job.arrival) / .seconds(1)
        }
        return backlogs
    }

    /// In a fixed order; O(jobs).
    public func jobs(ofModel model: String) -> [WaitingJob] {
        jobs.values.filter { $0.model == model }.sorted { $0.id < $1.id }
    }
}
