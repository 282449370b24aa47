internal import Contract

/// What the coordinator knows of one edge.
struct EdgePeer {
    var link: Link
    var tokenEndpoint = ""
    var lastSent: Instant
    /// When its session began.
    var openedAt = Instant.zero
}

/// What the coordinator knows of one worker.
struct WorkerPeer {
    /// One lease and what it takes from the worker's credit.
    struct Running {
        var attempt: Attempt
        var edge: NodeID
        var model: String
        var lane: Lane
        /// Which lease of this session it is; 0 for one that the worker brought along in its hello.
        var index: UInt64
        var charge: Charge
        var since: Instant
        /// Tokens that earlier attempts have shown.
        var committedTokens = 0
        /// Whether it took the place of a low one, which stands aside.
        var displaces = false
        /// Whether its client may come back to another edge.
        var isResumable = false
    }

    /// What the leases of one model come to.
    private struct Tally {
        var count = 0
        var tokens: UInt64 = 0
        var lowCount = 0
        var lowTokens: UInt64 = 0
        var displacingCount = 0
        var displacingTokens: UInt64 = 0

        mutating func add(_ lease: Running) {
            count += 1
            tokens += lease.charge.tokens
            if lease.lane == .low {
                lowCount += 1
                lowTokens += lease.charge.tokens
            }
            if lease.displaces {
                displacingCount += 1
                displacingTokens += lease.charge.tokens
            }
        }

        mutating func remove(_ lease: Running) {
            count -= 1
            tokens -= lease.charge.tokens
            if lease.lane == .low {
                lowCount -= 1
                lowTokens -= lease.charge.tokens
            }
            if lease.displaces {
                displacingCount -= 1
                displacingTokens -= lease.charge.tokens
            }
        }
    }

    /// What one job asks for.
    struct Needs {
        var charge: Charge
        /// The part that it has to leave free.
        var headroom: Double
        /// Whether a low one may have to stand aside for it.
        var mayDisplace: Bool
    }

    /// What there is for one job.
    struct Room {
        /// Whether a low job has to stand aside for it.
        var displaces: Bool
        var tokens: UInt64
    }

    /// No worker has more, whatever it says: sums of it cannot overflow.
    static let tokenLimit: UInt64 = 1 << 40

    var link: Link
    var fingerprint = ""
    /// Models that it has, as its hello says.
    var models: Set<String> = []
    private(set) var credit = Credit(id: 0, includesLeases: 0, models: [])
    private(set) var leases: [JobID: Running] = [:]
    /// Leases that the announced credit does not account for yet: a few, however many there are in all.
    private var unaccounted: Set<JobID> = []
    private var tallies: [String: Tally] = [:]
    /// Places in all by model, as far as its credit tells.
    private(set) var slotCounts: [String: Int] = [:]
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
        slotCounts = [:]
        for job in leases.keys { leases[job]?.index = 0 }
    }

    mutating func take(_ credit: Credit) {
        guard credit.id > self.credit.id else { return }
        self.credit = credit
        unaccounted = unaccounted.filter { leases[$0].map { $0.index > credit.includesLeases } ?? false }
        var unaccountedCounts: [String: Int] = [:]
        for job in unaccounted { leases[job].map { unaccountedCounts[$0.model, default: 0] += 1 } }
        slotCounts = [:]
        for free in credit.models {
            let taken = leaseCount(of: free.model) - (unaccountedCounts[free.model] ?? 0)
            slotCounts[free.model] = Int(free.freeSequences) + taken
        }
    }

    mutating func add(_ lease: Running, of job: JobID) {
        remove(job)
        leases[job] = lease
        tallies[lease.model, default: Tally()].add(lease)
        if lease.index > credit.includesLeases { unaccounted.insert(job) }
    }

    /// The same lease under another attempt, or for another edge.
    mutating func change(_ lease: Running, of job: JobID) { leases[job] = lease }

    @discardableResult
    mutating func remove(_ job: JobID) -> Running? {
        guard let lease = leases.removeValue(forKey: job) else { return nil }
        unaccounted.remove(job)
        tallies[lease.model]?.remove(lease)
        if tallies[lease.model]?.count == 0 { tallies[lease.model] = nil }
        return lease
    }

    func leaseCount(of model: String) -> Int { tallies[model]?.count ?? 0 }

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

    /// What there is for a job here; nil if it cannot be leased.
    ///
    /// A job larger than what is free still runs on a worker that has nothing else to do: the engine makes
    /// room or says why not, and a job that fits nowhere does not block its lane for ever. A high job may
    /// take the place of a low one that nobody took yet.
    func room(for needs: Needs, of model: String) -> Room? {
        let charge = needs.charge
        guard let free = available(for: model) else { return nil }
        let tally = tallies[model] ?? Tally()
        var (sequences, tokens) = (free.freeSequences, min(free.freeTokens, Self.tokenLimit))
        if needs.headroom > 0, tally.count > 0 {
            let slotCount = Double(slotCounts[model] ?? 0)
            sequences -= min(sequences, UInt32(slotCount * needs.headroom))
            tokens -= min(tokens, UInt64(Double(tokens + tally.tokens) * needs.headroom))
        }
        if sequences >= charge.sequences, tokens >= charge.tokens || tally.count == 0 {
            return Room(displaces: false, tokens: tokens)
        }
        guard needs.mayDisplace else { return nil }
        let places = Int(sequences) + tally.lowCount - tally.displacingCount
        tokens += tally.lowTokens - min(tally.lowTokens, tally.displacingTokens)
        guard places >= Int(charge.sequences), tokens >= charge.tokens else { return nil }
        return Room(displaces: true, tokens: tokens)
    }

    /// Whether the tallies are those of the leases.
    var isBalanced: Bool {
        Dictionary(grouping: leases.values, by: \.model).allSatisfy { model, leases in
            let tally = tallies[model] ?? Tally()
            return tally.count == leases.count && tally.tokens == leases.reduce(0) { $0 + $1.charge.tokens }
                && tally.lowCount == leases.count { $0.lane == .low }
                && tally.displacingCount == leases.count { $0.displaces }
        } && tallies.values.reduce(0) { $0 + $1.count } == leases.count
    }
}

/// A job that an edge says is running at a worker that has not said hello yet.
struct OrphanJob {
    var attempt: Attempt
    var edge: NodeID
    var worker: NodeID
    var since: Instant
}
