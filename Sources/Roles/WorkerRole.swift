public import Contract
internal import Ownership
public import Placement

/// The protocol logic of a worker: takes leases against its own credit, hands them to the engine, and keeps
/// what the engine puts out until the owning edge has it.
///
/// Holds no socket, no clock and no engine: events go in, effects come out.
///
/// Invariant: the credit it announces is its capacity less what its unfinished jobs are charged with.
public struct WorkerRole: Sendable {
    /// What the shell has to do.
    public enum Effect: Hashable, Sendable {
        case sendToCoordinator(Envelope)
        /// From here on, what is for the coordinator goes to that one of the list.
        case callCoordinator(Int)
        case sendToEdge(NodeID, Envelope)
        /// Make a token link to an edge.
        case dial(NodeID, endpoint: String)
        case hangUp(NodeID)
        /// Render, tokenize and hand to the engine.
        case start(Lease)
        /// Take out of the engine within one step.
        case stop(JobID, Attempt)
        /// Load a model from its path, as a generation of its own that takes no more than so many bytes.
        case loadModel(String, generation: UInt32, within: UInt64)
        /// Nobody runs on this generation: free its memory.
        case dropModel(String, generation: UInt32)
    }

    public struct Identity: Sendable {
        public var node: NodeID
        public var epoch: BootEpoch
        public var fingerprint: String
        /// Coordinators that can be asked: the first, and those that stand by.
        public var coordinatorCount = 1

        public init(node: NodeID, epoch: BootEpoch, fingerprint: String) {
            self.node = node
            self.epoch = epoch
            self.fingerprint = fingerprint
        }
    }

    /// What one model's engine can hold.
    public struct Capacity: Hashable, Sendable {
        public var card: ModelCard
        public var sequences: UInt32
        public var tokens: UInt64
        /// Which load of the model it is.
        public var generation: UInt32

        public init(card: ModelCard, sequences: UInt32, tokens: UInt64, generation: UInt32 = 1) {
            self.card = card
            self.sequences = sequences
            self.tokens = tokens
            self.generation = generation
        }
    }

    /// One edge's link and the jobs that stream there.
    struct EdgeLink {
        var link: Link
        var endpoint: String
        var jobs: Set<JobID> = []
        /// Jobs with records that were not sent, in the order in which they became so.
        var unsent: [JobID] = []
        var inFlight = 0
        var lastSent: Instant
        var lastGreeting: Instant?
        /// Whether there was a session.
        var hasMet = false
        /// Jobs that another edge owns by now, under these attempts; told when a session is open.
        var moved: [JobID: Attempt] = [:]
    }

    let identity: Identity
    let timing: FleetTiming
    let limits: FleetLimits
    /// Of what serves.
    var capacities: [Capacity]
    /// Nil: the models are those that it was started with.
    var pool: ModelPool?
    var jobs: [JobID: WorkerJob] = [:]
    var edges: [NodeID: EdgeLink] = [:]
    /// Streams that have ended, for clients that may have missed it.
    var lingering: [JobID: LingeringStream] = [:]
    var coordinator: CoordinatorLink
    var leasesSeen: UInt64 = 0
    var creditID: UInt64 = 0
    var creditChanged = true
    var isDraining = false
    /// What is held, and what was told of it and of the load.
    var holdings = HoldingsLedger()
    var engineLoads: [String: ModelLoad] = [:]
    var toldLoad: WorkerLoad?
    var lastLoad: Instant
    var lastReport: Instant
    var lastDigest: Instant
    var step: UInt64 = 0
    var effects: [Effect] = []

    public init(
        _ identity: Identity,
        capacities: [Capacity],
        pool: ModelPool? = nil,
        timing: FleetTiming = FleetTiming(),
        limits: FleetLimits = FleetLimits(),
        at now: Instant
    ) {
        self.identity = identity
        self.capacities = capacities
        self.pool = pool
        self.timing = timing
        self.limits = limits
        coordinator = CoordinatorLink(
            epoch: identity.epoch,
            timing: timing,
            count: identity.coordinatorCount,
            at: now
        )
        (lastLoad, lastReport, lastDigest) = (now, now, now)
    }

    public var jobCount: Int { jobs.count }
    public var runningCount: Int { jobs.values.reduce(0) { $0 + ($1.state == .finished ? 0 : 1) } }
    public var coordinatorIsConnected: Bool { coordinator.isOpen }

    /// Whether an attempt that was leased is still wanted.
    public func holds(_ job: JobID, _ attempt: Attempt) -> Bool { jobs[job]?.leaseAttempt == attempt }

    public mutating func takeEffects() -> [Effect] {
        defer { effects = [] }
        return effects
    }

    // MARK: The engine speaks

    /// The prompt was counted: the charge becomes exact.
    public mutating func prepared(_ job: JobID, _ attempt: Attempt, promptTokens: UInt32) {
        guard var entry = jobs[job], entry.leaseAttempt == attempt, entry.state == .preparing else { return }
        entry.state = .generating
        entry.promptTokens = promptTokens
        entry.charge = Charge.exact(promptTokens: promptTokens, limit: entry.limit)
        jobs[job] = entry
        creditChanged = true
    }

    /// What one engine step, or a failed preparation, put out.
    public mutating func produced(_ records: [TokenRecord], step: UInt64, at now: Instant) {
        self.step = step
        for record in records { keep(record, at: now) }
        for edge in edges.keys.sorted() { flush(edge, at: now) }
        sendCreditIfChanged(at: now)
    }

    /// In place: a copy of a job's output would cost its whole length for each record.
    private mutating func keep(_ record: TokenRecord, at now: Instant) {
        guard let wasSent = jobs[record.job].map({ $0.sent == $0.output.count }),
            jobs[record.job]?.keep(record, at: now) == true
        else { return }
        if record.end != nil { creditChanged = true }
        if wasSent, let edge = jobs[record.job]?.edge { edges[edge]?.unsent.append(record.job) }
    }

    // MARK: Time

    /// Everything that is due because time has passed.
    ///
    /// Call it every 50 ms or so, from the loop that feeds the engine.
    public mutating func tick(step: UInt64, at now: Instant) {
        self.step = max(self.step, step)
        keepCoordinatorLink(at: now)
        for edge in edges.keys.sorted() { keepEdgeLink(edge, at: now) }
        settleModels(at: now)
        expireOwnerless(at: now)
        sendCreditIfChanged(at: now)
    }

    // MARK: Leaving

    /// Takes no more leases; what runs goes on.
    public mutating func drain(at now: Instant) {
        isDraining = true
        creditChanged = true
        sendCreditIfChanged(at: now)
    }

    /// Gives back what has not finished, and says goodbye.
    ///
    /// Finished output that no edge has acknowledged is the reason to wait before calling this.
    public mutating func leave(at now: Instant) {
        for job in jobs.keys.sorted() { handBack(job, at: now) }
        for edge in edges.keys.sorted() where edges[edge]?.link.isOpen == true {
            send(.bye, to: edge, at: now)
        }
        if coordinator.isOpen { sendToCoordinator(.bye, at: now) }
    }

    mutating func handBack(_ job: JobID, at now: Instant) {
        guard let entry = jobs[job] else { return }
        forget(job)
        if entry.state != .finished { effects.append(.stop(job, entry.leaseAttempt)) }
        settle(entry, .handedBack, at: now)
    }

    /// The lease is over.
    ///
    /// Said only when the edge has everything or wants nothing: until then the job is lost if this worker
    /// dies, and the coordinator must know whom to tell.
    mutating func settle(_ entry: WorkerJob, _ kind: LeaseOutcome.Kind, at now: Instant) {
        creditChanged = true
        sendToCoordinator(.done(entry.id, entry.attempt, entry.outcome(kind)), at: now)
    }

    /// Drops a job from the books; the edge needs nothing of it any more.
    mutating func forget(_ job: JobID) {
        guard let entry = jobs.removeValue(forKey: job) else { return }
        edges[entry.edge]?.jobs.remove(job)
        edges[entry.edge]?.inFlight -= entry.sent - entry.acknowledged
        creditChanged = true
    }

    /// Stops a job on somebody's word and forgets it.
    mutating func stop(_ job: JobID, upTo attempt: Attempt, at now: Instant) {
        guard let entry = jobs[job], entry.attempt <= attempt else { return }
        forget(job)
        if entry.state != .finished { effects.append(.stop(job, entry.leaseAttempt)) }
        settle(entry, .cancelled, at: now)
    }

    // MARK: Credit

    /// What can be taken now, in absolute numbers.
    var credit: [ModelCredit] {
        capacities.map { capacity in
            var sequences: UInt64 = 0
            var tokens: UInt64 = 0
            for job in jobs.values where job.runs(on: capacity) {
                sequences += UInt64(job.charge.sequences)
                tokens += job.charge.tokens
            }
            return ModelCredit(
                model: capacity.card.name,
                freeSequences: isDraining
                    ? 0 : capacity.sequences - min(capacity.sequences, UInt32(clamping: sequences)),
                freeTokens: isDraining ? 0 : capacity.tokens - min(capacity.tokens, tokens)
            )
        }
    }

    mutating func sendCreditIfChanged(at now: Instant) {
        defer { tellMore(at: now) }
        guard creditChanged, coordinator.isOpen else { return }
        creditChanged = false
        creditID += 1
        sendToCoordinator(.credit(Credit(id: creditID, includesLeases: leasesSeen, models: credit)), at: now)
    }

    // MARK: Audit

    /// Whatever is inconsistent, in words; empty when all is well.
    public func audit() -> [String] {
        var found = pool?.audit() ?? []
        for (id, job) in jobs {
            if job.ownerlessSince == nil, edges[job.edge]?.jobs.contains(id) != true {
                found.append("job \(id) is not listed under \(job.edge)")
            }
            if job.acknowledged > job.sent || job.sent > job.output.count { found.append("cursors of \(id)") }
        }
        for (node, edge) in edges {
            let inFlight = edge.jobs.reduce(0) { $0 + (jobs[$1].map { $0.sent - $0.acknowledged } ?? 0) }
            if inFlight != edge.inFlight {
                found.append("\(node): \(edge.inFlight) in flight, really \(inFlight)")
            }
            for job in edge.jobs where jobs[job]?.edge != node { found.append("\(node) lists job \(job)") }
        }
        return found
    }
}

extension LeaseOutcome.Kind {
    init(_ end: StreamEnd) {
        switch end {
        case .stop, .length: self = .finished
        case .cancelled: self = .cancelled
        case .failed: self = .failed
        }
    }
}
