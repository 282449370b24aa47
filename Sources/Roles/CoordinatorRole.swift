public import Contract
public import Lanes
internal import Ownership
public import Placement

/// The protocol logic of the coordinator: queues jobs, leases them against credit, and tells edges what was
/// lost.
///
/// Its whole state can be rebuilt: waiting jobs belong to their edges and leases to their workers, and both
/// come with every hello. So it keeps nothing on disk, and a restart costs a pause for new requests alone.
///
/// Invariant: a job is in at most one place: waiting, leased to one worker, or an orphan. An attempt is
/// leased once.
public struct CoordinatorRole: Sendable {
    /// What the shell has to do.
    public enum Effect: Hashable, Sendable {
        case send(NodeID, Envelope)
    }

    let epoch: BootEpoch
    let timing: FleetTiming
    let limits: FleetLimits
    let rule: ChoiceRule
    let startedAt: Instant
    var queue: LaneQueue
    var edges: [NodeID: EdgePeer] = [:]
    var workers: [NodeID: WorkerPeer] = [:]
    /// Coordinators that watch over this one.
    var standbys: [NodeID: EdgePeer] = [:]
    /// Which worker runs a job.
    var leasedTo: [JobID: NodeID] = [:]
    var orphans: [JobID: OrphanJob] = [:]
    /// Jobs whose edges are gone and whose clients may come back elsewhere.
    var parked: [JobID: ParkedJob] = [:]
    /// Models that were ever announced: a job for one whose workers died waits for the next.
    var models: [String: ModelCard] = [:]
    /// Which worker has which model in memory, and what is to be loaded where.
    var placement: Placement
    var lastPlacement: Instant
    /// Places of all workers, by model.
    private var slotCounts: [String: Int] = [:]
    /// Tenants that have a policy of their own.
    public let tenantNames: Set<String>
    /// Who was asked for a hello within the last `resyncRetry`, known or not.
    private var resyncs: [NodeID: Instant] = [:]
    /// Tokens of jobs that went before one whose turn it was.
    var passedTokens: [JobID: UInt64] = [:]
    /// Workers of which something has changed that choices go by.
    var touchedWorkers: Set<NodeID> = []
    var seats = SeatTable()
    /// Which worker holds the beginnings of which prompts.
    var ownership: OwnershipIndex
    /// Numbers of workers that are gone, to be given again.
    var freeNumbers: [Int] = []
    /// By how much prompts are longer than edges guess, by model.
    var promptScales: [String: Double] = [:]
    /// What edges make the keys of links from.
    var prefixSecret: [UInt8]
    /// Whether an edge has been told the secret already: then it stays.
    var hasToldSecret = false
    var lastPositions: Instant
    var effects: [Effect] = []
    public internal(set) var counters = Counters()

    /// For metrics.
    public struct Counters: Sendable {
        public var submitted: UInt64 = 0
        public var leased: UInt64 = 0
        public var refused: UInt64 = 0
        public var lost: UInt64 = 0
        public var finished: UInt64 = 0
        public var cancelled: UInt64 = 0
        /// Leases for which a low job has to stand aside.
        public var displacing: UInt64 = 0
        /// Leases to a worker that held a part of the prompt, and how many tokens were expected to be there.
        public var predictedHits: UInt64 = 0
        public var predictedTokens: UInt64 = 0
        /// Those of them that found less than half of that.
        public var staleHits: UInt64 = 0
        /// Workers that were asked to tell all that they hold again.
        public var recounts: UInt64 = 0
        /// Loads of models that workers were told to begin.
        public var loads: UInt64 = 0
        /// What the tenants that are known by name have had, and all others under nil.
        public var tenants: [String?: Service] = [:]
    }

    /// `prefixSecret`: random bytes from which edges are to make the keys of prefix links, unless they have
    /// some from a coordinator before this one; without any, prompts have no links.
    public init(
        epoch: BootEpoch,
        lanes: LanePolicy = LanePolicy(),
        placement: PlacementPolicy = PlacementPolicy(),
        timing: FleetTiming = FleetTiming(),
        limits: FleetLimits = FleetLimits(),
        prefixSecret: [UInt8] = [],
        rule: ChoiceRule = .leastTime,
        at now: Instant
    ) {
        self.epoch = epoch
        self.timing = timing
        self.limits = limits
        startedAt = now
        lastPositions = now
        self.prefixSecret = prefixSecret
        self.rule = rule
        ownership = OwnershipIndex(limit: limits.links)
        lastPlacement = now
        self.placement = Placement(placement)
        queue = LaneQueue(lanes)
        tenantNames = Set(lanes.tenants.keys)
    }

    public var waitingCount: Int { queue.count }
    public func isWaiting(_ job: JobID) -> Bool { queue.contains(job) }
    public var leasedCount: Int { leasedTo.count }
    public var leasedJobs: [JobID] { leasedTo.keys.sorted() }
    public var workerCount: Int { workers.values.reduce(0) { $0 + ($1.link.isOpen ? 1 : 0) } }
    public var edgeCount: Int { edges.values.reduce(0) { $0 + ($1.link.isOpen ? 1 : 0) } }
    public func waitingCount(in lane: Lane) -> Int { queue.count(in: lane) }
    public func waitingCount(ofTenant tenant: String) -> Int { queue.count(ofTenant: tenant) }

    /// What could be leased to a worker now.
    public func available(at worker: NodeID, for model: String) -> ModelCredit? {
        workers[worker]?.available(for: model)
    }

    public mutating func takeEffects() -> [Effect] {
        defer { effects = [] }
        return effects
    }

    /// A message from an edge or a worker.
    public mutating func receive(_ node: NodeID, _ envelope: Envelope, at now: Instant) {
        guard envelope.header.sequence != 0 else { return }
        if case .hello(let hello) = envelope.message { return greeted(node, envelope.header, hello, at: now) }
        let verdict: Link.Verdict?
        let fromWorker = workers.keys.contains(node)
        if standbys.keys.contains(node) {
            let verdict = standbys[node]?.link.receive(envelope.header, opens: false, at: now)
            return verdict == .broken ? askForHello(node, at: now) : ()
        }
        if fromWorker {
            verdict = workers[node]?.link.receive(envelope.header, opens: false, at: now)
            touchedWorkers.insert(node)
        } else {
            verdict = edges[node]?.link.receive(envelope.header, opens: false, at: now)
        }
        switch verdict {
        case .deliver where fromWorker: hearWorker(node, envelope.message, at: now)
        case .deliver: hearEdge(node, envelope.message, at: now)
        case .broken, nil: return askForHello(node, at: now)
        case .drop, .opened: return
        }
        switch envelope.message {
        // Nothing can be leased after these that could not be before.
        case .heartbeat, .taken, .holdings, .holdingsDigest, .workerLoad: break
        default: schedule(at: now)
        }
    }

    /// A message could not be sent because the peer's connection is gone.
    public mutating func unreachable(_ node: NodeID, at now: Instant) {
        edges[node]?.link.close()
        standbys[node]?.link.close()
        workers[node]?.link.close()
        touchedWorkers.insert(node)
        placement.lostSight(of: node)
        if workers[node] != nil, workers[node]?.resetAt == nil { workers[node]?.resetAt = now }
    }

    /// Everything that is due because time has passed.
    ///
    /// Call it every 50 ms or so.
    public mutating func tick(at now: Instant) {
        for node in workers.keys.sorted() { keepWorker(node, at: now) }
        placeModels(at: now)
        announceServed(at: now)
        for node in edges.keys.sorted() { keepEdge(node, at: now) }
        for node in standbys.keys.sorted() { keepStandby(node, at: now) }
        expireOrphans(at: now)
        ownership.sweep(at: now)
        expireParked(at: now)
        resyncs = resyncs.filter { now - $0.value < timing.resyncRetry }
        for job in queue.expire(at: now) {
            let waited = (now - job.arrival).milliseconds
            let detail = "the request's time limit was reached after waiting \(waited) ms"
            refuse(job.id, job.submission.attempt, Refusal(.deadlineExceeded, detail), to: job.edge, at: now)
        }
        queue.age(at: now)
        if now - lastPositions >= timing.positions { sendPositions(at: now) }
        schedule(at: now)
    }

    // MARK: Leasing

    /// Leases what can be leased: per model, the lane queue's next job to the worker where it costs the least
    /// time.
    mutating func schedule(at now: Instant) {
        for model in queue.backlogged {
            while let (job, choice) = nextLease(of: model, at: now) {
                queue.take(job)
                lease(job, to: choice, at: now)
            }
        }
    }

    /// The job whose turn it is, if there is room for it; else what is more urgent may have room that this
    /// one has not.
    private mutating func nextLease(of model: String, at now: Instant) -> (WaitingJob, Choice)? {
        refreshSeats()
        guard !seats[model].open.isEmpty, let next = queue.next(for: model) else { return nil }
        if let choice = worker(for: next, at: now) { return local(next, choice, at: now) }
        for lane in Lane.allCases where lane < next.lane {
            guard let urgent = queue.first(for: model, in: lane) else { continue }
            if let choice = worker(for: urgent, at: now) { return (urgent, choice) }
        }
        return nil
    }

    /// A worker's places have changed.
    mutating func noteSlots(of node: NodeID, before: [String: Int]) {
        let after = workers[node]?.slotCounts ?? [:]
        guard after != before else { return }
        for (model, count) in before { slotCounts[model, default: 0] -= count }
        for (model, count) in after { slotCounts[model, default: 0] += count }
        for model in Set(before.keys).union(after.keys) {
            let count = slotCounts[model] ?? 0
            if count == 0 { slotCounts[model] = nil }
            queue.setSlots(count, of: model)
        }
    }

    private mutating func lease(_ job: WaitingJob, to choice: Choice, at now: Instant) {
        let node = choice.node
        touchedWorkers.insert(node)
        guard let index = workers[node]?.countLease() else { return }
        var submission = job.submission
        submission.remainingMilliseconds = job.deadline.map {
            UInt32(clamping: max(.zero, $0 - now).milliseconds)
        }
        let running = WorkerPeer.Running(
            attempt: submission.attempt,
            edge: job.edge,
            model: job.model,
            lane: job.lane,
            index: index,
            charge: Charge.estimate(submission),
            since: now,
            committedTokens: submission.committed.count,
            displaces: choice.displaces,
            estimatedTokens: submission.job.routing.estimatedPromptTokens,
            heldTokens: choice.heldTokens,
            freshTokens: choice.freshTokens,
            isResumable: submission.job.ticket != nil
        )
        workers[node]?.add(running, of: job.id)
        leasedTo[job.id] = node
        counters.leased += 1
        placement.noteUse(of: job.model, at: now)
        if choice.displaces { counters.displacing += 1 }
        let endpoint = edges[job.edge]?.tokenEndpoint ?? ""
        var lease = Lease(
            index: index,
            edge: job.edge,
            tokenEndpoint: endpoint,
            submission: submission
        )
        lease.freshTokens = choice.freshTokens
        noteChoice(choice, of: job, at: now)
        send(.lease(lease), toWorker: node, at: now)
    }

    // MARK: Shared by edges and workers

    mutating func send(_ message: Message, toWorker node: NodeID, at now: Instant) {
        guard let header = workers[node]?.link.stamp(at: now) else { return }
        workers[node]?.lastSent = now
        effects.append(.send(node, Envelope(header: header, message: message)))
    }

    /// To an edge whose session is closed nothing is sent: its next hello tells us what it still wants.
    mutating func send(_ message: Message, toEdge node: NodeID, at now: Instant) {
        guard edges[node]?.link.isOpen == true, let header = edges[node]?.link.stamp(at: now) else { return }
        edges[node]?.lastSent = now
        effects.append(.send(node, Envelope(header: header, message: message)))
    }

    mutating func refuse(
        _ job: JobID,
        _ attempt: Attempt,
        _ refusal: Refusal,
        to edge: NodeID,
        at now: Instant
    ) {
        counters.refused += 1
        send(.refused(job, attempt, refusal), toEdge: edge, at: now)
    }

    /// Takes a lease off the books; without a word on what the job has had, its tenant pays nothing.
    mutating func release(_ job: JobID, _ settlement: LaneQueue.Settlement = .lost) {
        if case .served(let service) = settlement, let tenant = queue.tenant(ofLeased: job) {
            let name = tenantNames.contains(tenant) ? tenant : nil
            counters.tenants[name, default: Service()].add(service)
        }
        queue.settle(job, settlement)
        guard let node = leasedTo.removeValue(forKey: job) else { return }
        touchedWorkers.insert(node)
        workers[node]?.remove(job)
    }

    mutating func tellLost(
        _ job: JobID,
        _ attempt: Attempt,
        _ reason: LossReason,
        to edge: NodeID,
        at now: Instant
    ) {
        counters.lost += 1
        send(.lost(job, attempt, reason), toEdge: edge, at: now)
    }

    /// A peer has a whole queue of messages that we do not understand: it is asked once for all of them.
    private mutating func askForHello(_ node: NodeID, at now: Instant) {
        if let last = resyncs[node], now - last < timing.resyncRetry { return }
        guard resyncs[node] != nil || resyncs.count < 2 * limits.peers else { return }
        resyncs[node] = now
        let header = LinkHeader(epoch: epoch, sequence: 0, sentAt: now)
        effects.append(.send(node, Envelope(header: header, message: .resync)))
    }

    private mutating func expireOrphans(at now: Instant) {
        for (job, orphan) in orphans.sorted(by: { $0.key < $1.key })
        where now - orphan.since > timing.rebuild {
            orphans[job] = nil
            tellLost(job, orphan.attempt, .workerDied, to: orphan.edge, at: now)
        }
    }

    private mutating func sendPositions(at now: Instant) {
        lastPositions = now
        guard queue.count > 0 else { return }
        var byEdge: [NodeID: [QueuePosition]] = [:]
        for (edge, position) in queue.positions() { byEdge[edge, default: []].append(position) }
        for edge in byEdge.keys.sorted() { send(.positions(byEdge[edge] ?? []), toEdge: edge, at: now) }
    }

    // MARK: Audit

    /// Whatever is inconsistent, in words; empty when all is well.
    public func audit() -> [String] {
        var found = queue.audit() + placement.audit()
        for (node, worker) in workers {
            for job in worker.leases.keys where leasedTo[job] != node {
                found.append("\(node) has an unlisted lease \(job)")
            }
            if !worker.isBalanced { found.append("the tallies of \(node)") }
        }
        for (job, node) in leasedTo {
            if workers[node]?.leases[job] == nil {
                found.append("job \(job) is listed under \(node), which lacks it")
            }
            if queue.contains(job) { found.append("job \(job) is leased and waits") }
            if !queue.isLeased(job) { found.append("nobody pays for job \(job)") }
        }
        if queue.leasedCount != leasedTo.count {
            found.append("\(queue.leasedCount) jobs are paid for, \(leasedTo.count) are leased")
        }
        let slots = workers.values.reduce(into: [:]) { $0.merge($1.slotCounts, uniquingKeysWith: +) }
        if slots.filter({ $0.value > 0 }) != slotCounts { found.append("places \(slotCounts)") }
        found += auditSeats()
        for job in orphans.keys where leasedTo[job] != nil || queue.contains(job) {
            found.append("orphan \(job) is elsewhere too")
        }
        return found
    }
}
