internal import Contract

/// What the coordinator knows of one edge.
struct EdgePeer {
    var link: Link
    var tokenEndpoint = ""
    var lastSent: Instant
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
    var fingerprint = ""
    /// Models that it has, as its hello says.
    var models: Set<String> = []
    private(set) var credit = Credit(id: 0, includesLeases: 0, models: [])
    private(set) var leases: [JobID: Running] = [:]
    /// Leases that the announced credit does not account for yet: a few, however many there are in all.
    private var unaccounted: Set<JobID> = []
    private var leaseCounts: [String: Int] = [:]
    /// Leases sent in this session.
    var leaseCount: UInt64 = 0
    var lastSent: Instant
    var resetAt: Instant?

    init(link: Link, lastSent: Instant) {
        self.link = link
        self.lastSent = lastSent
    }

    /// A session begins: no lease was sent in it, and no credit announced.
    mutating func beginSession() {
        resetAt = nil
        leaseCount = 0
        unaccounted = []
        credit = Credit(id: 0, includesLeases: 0, models: [])
        for job in leases.keys { leases[job]?.index = 0 }
    }

    mutating func take(_ credit: Credit) {
        guard credit.id > self.credit.id else { return }
        self.credit = credit
        unaccounted = unaccounted.filter { leases[$0].map { $0.index > credit.includesLeases } ?? false }
    }

    mutating func add(_ lease: Running, of job: JobID) {
        remove(job)
        leases[job] = lease
        leaseCounts[lease.model, default: 0] += 1
        if lease.index > credit.includesLeases { unaccounted.insert(job) }
    }

    @discardableResult
    mutating func remove(_ job: JobID) -> Running? {
        guard let lease = leases.removeValue(forKey: job) else { return nil }
        unaccounted.remove(job)
        let left = leaseCount(of: lease.model) - 1
        leaseCounts[lease.model] = left > 0 ? left : nil
        return lease
    }

    func leaseCount(of model: String) -> Int { leaseCounts[model] ?? 0 }

    /// Whether jobs of a model that wait can be leased here sooner or later.
    ///
    /// A connection that is gone may come back: then the worker was never away.
    func serves(_ model: String) -> Bool { models.contains(model) }

    /// What can be leased now: the announced credit less the leases that it does not account for yet.
    func available(for model: String) -> ModelCredit? {
        guard link.isOpen, resetAt == nil, var free = credit.models.first(where: { $0.model == model }) else {
            return nil
        }
        for job in unaccounted {
            guard let lease = leases[job], lease.model == model else { continue }
            free.freeSequences -= min(free.freeSequences, lease.charge.sequences)
            free.freeTokens -= min(free.freeTokens, lease.charge.tokens)
        }
        return free
    }

    /// Free tokens, if a job can be leased here.
    ///
    /// A job larger than what is free still runs on a worker that has nothing else to do: the engine makes
    /// room or says why not, and a job that fits nowhere does not block its lane for ever.
    func room(for charge: Charge, of model: String) -> UInt64? {
        guard let free = available(for: model), free.freeSequences >= charge.sequences else { return nil }
        return free.freeTokens >= charge.tokens || leaseCount(of: model) == 0 ? free.freeTokens : nil
    }
}

/// A job that an edge says is running at a worker that has not said hello yet.
struct OrphanJob {
    var attempt: Attempt
    var edge: NodeID
    var worker: NodeID
    var since: Instant
}
