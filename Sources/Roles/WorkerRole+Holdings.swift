public import Contract
internal import Ownership

/// What a worker tells the coordinator besides its credit: the beginnings that it holds, and what it is at.
///
/// None of it is needed to be right, only to be fast: it goes after everything else, in bounded messages, and
/// never more often than is of use.
extension WorkerRole {
    /// Changes that are told at once, and not with others a little later.
    private static let manyChanges = 512

    /// What the engines have stored and dropped, in order.
    public mutating func hold(_ changes: [HoldingChange]) { holdings.note(changes) }

    /// What an engine tells of itself: prompts whose streams have opened, empty memory, speeds.
    public mutating func measured(_ load: ModelLoad) { engineLoads[load.model] = load }

    /// How many beginnings this worker holds.
    public var holdingCount: Int { holdings.count }

    mutating func tellMore(at now: Instant) {
        guard coordinator.isOpen else { return }
        tellLoad(at: now)
        let isTime = now - lastReport >= timing.telling || holdings.pendingCount >= Self.manyChanges
        if holdings.hasReport, isTime, let report = holdings.takeReport() {
            lastReport = now
            sendToCoordinator(.holdings(report), at: now)
        }
        guard now - lastDigest >= timing.comparison, let digest = holdings.takeDigest() else { return }
        lastDigest = now
        sendToCoordinator(.holdingsDigest(digest), at: now)
    }

    /// Nothing of it counts as told.
    mutating func forgetTold() {
        holdings.restart()
        toldLoad = nil
    }

    private mutating func tellLoad(at now: Instant) {
        guard toldLoad == nil || now - lastLoad >= timing.telling else { return }
        lastLoad = now
        let load = load
        guard toldLoad.map({ load.isNews(after: $0) }) ?? true else { return }
        toldLoad = load
        sendToCoordinator(.workerLoad(load), at: now)
    }

    private var load: WorkerLoad {
        let models = capacities.map { capacity in
            var load = engineLoads[capacity.card.name] ?? ModelLoad(model: capacity.card.name)
            if engineLoads[capacity.card.name] == nil { load.emptyTokens = capacity.tokens }
            for job in jobs.values where job.model == capacity.card.name {
                load.promptTokens += UInt64(job.freshTokensLeft)
            }
            return load
        }
        return WorkerLoad(includesLeases: leasesSeen, models: models)
    }
}

extension WorkerLoad {
    /// Whether it says something that was not said already; a little more speed is nothing.
    fileprivate func isNews(after other: WorkerLoad) -> Bool {
        if includesLeases != other.includesLeases || models.count != other.models.count { return true }
        return zip(models, other.models).contains { $0.isNews(after: $1) }
    }
}

extension ModelLoad {
    /// A part by which a figure has to have changed.
    private static let step = 0.1

    fileprivate func isNews(after other: ModelLoad) -> Bool {
        model != other.model || promptTokens != other.promptTokens
            || Self.differ(Double(emptyTokens), Double(other.emptyTokens))
            || Self.differ(Double(promptRate), Double(other.promptRate))
            || Self.differ(Double(streamSeconds), Double(other.streamSeconds))
    }

    private static func differ(_ left: Double, _ right: Double) -> Bool {
        abs(left - right) > step * max(left, right)
    }
}
