internal import Contract
internal import Ownership

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
        /// Tokens of its prompt as the edge has guessed, as were expected to be there, and to be computed.
        var estimatedTokens: UInt32 = 0
        var heldTokens: UInt32 = 0
        var freshTokens: UInt32 = 0
        /// Whether its client may come back to another edge.
        var isResumable = false
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
    /// What it has told of its load, and the leases that this does not count yet.
    private var load = WorkerLoad(models: [])
    private var uncounted: Set<JobID> = []
    /// The part of prompts that was found and not computed lately.
    private(set) var reuse = 0.0
    /// By which the ownership index knows it.
    var number = 0
    var holdings = HoldingsBook()
    /// Whether it was asked to tell all that it holds again.
    var isRecounting = false
    private var tallies: [String: Seat.Tally] = [:]
    /// Tokens of prompts that it has computed, by model.
    private var computedTokens: [String: UInt64] = [:]
    /// Places in all by model, as far as its credit tells.
    private(set) var slotCounts: [String: Int] = [:]
    /// Leases sent in this session.
    private var leaseCount: UInt64 = 0
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
        uncounted = []
        load = WorkerLoad(models: [])
        computedTokens = [:]
        isRecounting = false
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
        tallies[lease.model, default: Seat.Tally()].add(lease)
        if lease.index > credit.includesLeases { unaccounted.insert(job) }
        if lease.index > load.includesLeases { uncounted.insert(job) }
    }

    /// The same lease under another attempt, or for another edge.
    mutating func change(_ lease: Running, of job: JobID) { leases[job] = lease }

    @discardableResult
    mutating func remove(_ job: JobID) -> Running? {
        guard let lease = leases.removeValue(forKey: job) else { return nil }
        unaccounted.remove(job)
        uncounted.remove(job)
        tallies[lease.model]?.remove(lease)
        if tallies[lease.model]?.count == 0 { tallies[lease.model] = nil }
        return lease
    }

    /// The index of the next lease.
    mutating func countLease() -> UInt64 {
        leaseCount += 1
        return leaseCount
    }

    func leaseCount(of model: String) -> Int { tallies[model]?.count ?? 0 }

    /// Leases by model.
    var leaseCounts: [String: Int] { tallies.mapValues(\.count) }

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

    /// What it is for those who choose: a seat for each model that it has credit for; none while it cannot
    /// be reached.
    func seats(_ node: NodeID) -> [(model: String, seat: Seat)] {
        guard link.isOpen, resetAt == nil else { return [] }
        return credit.models.map { free in
            var seat = Seat(node: node, number: number, fingerprint: fingerprint)
            seat.freeSequences = free.freeSequences
            seat.freeTokens = free.freeTokens
            for job in unaccounted {
                guard let lease = leases[job], lease.model == free.model else { continue }
                seat.freeSequences -= min(seat.freeSequences, lease.charge.sequences)
                seat.freeTokens -= min(seat.freeTokens, lease.charge.tokens)
            }
            seat.slotCount = slotCounts[free.model] ?? 0
            seat.tally = tallies[free.model] ?? Seat.Tally()
            seat.backlogTokens = backlogTokens(of: free.model)
            seat.load = load.models.first { $0.model == free.model }
            seat.reuse = reuse
            seat.computedTokens = computedTokens[free.model] ?? 0
            return (free.model, seat)
        }
    }

    // MARK: Load

    /// What the worker is at.
    mutating func take(_ load: WorkerLoad) {
        self.load = load
        uncounted = uncounted.filter { leases[$0].map { $0.index > load.includesLeases } ?? false }
    }

    /// Tokens of prompts that wait or are computed there: what it has told, and the leases that it has not
    /// counted yet.
    func backlogTokens(of model: String) -> UInt64 {
        let told = load.models.first { $0.model == model }?.promptTokens ?? 0
        return uncounted.reduce(min(told, Self.tokenLimit)) { sum, job in
            guard let lease = leases[job], lease.model == model else { return sum }
            return sum + UInt64(lease.freshTokens)
        }
    }

    /// A job has ended that had found this much of its prompt and computed the rest.
    mutating func note(foundTokens: UInt32, of promptTokens: UInt32, for model: String) {
        reuse += 0.1 * (Double(foundTokens) / Double(promptTokens) - reuse)
        let computed = computedTokens[model, default: 0] + UInt64(promptTokens - foundTokens)
        computedTokens[model] = min(computed, Self.tokenLimit)
    }

    /// Whether the tallies are those of the leases.
    var isBalanced: Bool {
        Dictionary(grouping: leases.values, by: \.model).allSatisfy { model, leases in
            let tally = tallies[model] ?? Seat.Tally()
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
