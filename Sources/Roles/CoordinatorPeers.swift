internal import Contract

/// What the coordinator knows of one edge.
struct EdgePeer {
    var link: Link
    var tokenEndpoint = ""
    var lastSent: Instant
    var lastResync: Instant?
}

/// What the coordinator knows of one worker.
struct WorkerPeer {
    /// One lease and what it takes from the worker's credit.
    struct Running {
        var attempt: Attempt
        var edge: NodeID
        var model: String
        /// Which lease of this session it is; 0 for one that the worker brought along in its hello.
        var index: UInt64
        var charge: Charge
        var since: Instant
    }

    var link: Link
    var models: [ModelCard] = []
    var fingerprint = ""
    var credit = Credit(id: 0, includesLeases: 0, models: [])
    var leases: [JobID: Running] = [:]
    /// Leases sent in this session.
    var leaseCount: UInt64 = 0
    var lastSent: Instant
    var lastResync: Instant?
    var resetAt: Instant?

    /// What can be leased now: the announced credit less the leases that it does not account for yet.
    func available(for model: String) -> ModelCredit? {
        guard link.isOpen, resetAt == nil, var free = credit.models.first(where: { $0.model == model }) else {
            return nil
        }
        for lease in leases.values where lease.model == model && lease.index > credit.includesLeases {
            free.freeSequences -= min(free.freeSequences, lease.charge.sequences)
            free.freeTokens -= min(free.freeTokens, lease.charge.tokens)
        }
        return free
    }

    /// A job larger than what is free still runs on a worker that has nothing else to do: the engine makes
    /// room or says why not, and a job that fits nowhere does not block its lane for ever.
    func canTake(_ charge: Charge, of model: String) -> Bool {
        guard let free = available(for: model), free.freeSequences >= charge.sequences else { return false }
        return free.freeTokens >= charge.tokens || !leases.values.contains { $0.model == model }
    }
}

/// A job that an edge says is running at a worker that has not said hello yet.
struct OrphanJob {
    var attempt: Attempt
    var edge: NodeID
    var worker: NodeID
    var since: Instant
}
