public import Contract
public import Lanes

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
    let startedAt: Instant
    var queue: LaneQueue
    var edges: [NodeID: EdgePeer] = [:]
    var workers: [NodeID: WorkerPeer] = [:]
    /// Which worker runs a job.
    var leasedTo: [JobID: NodeID] = [:]
    var orphans: [JobID: OrphanJob] = [:]
    /// Models that were ever announced: a job for one whose workers died waits for the next.
    var models: [String: ModelCard] = [:]
    /// Who was asked for a hello within the last `resyncRetry`, known or not.
    private var resyncs: [NodeID: Instant] = [:]
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
    }

    public init(
        epoch: BootEpoch,
        lanes: LanePolicy = LanePolicy(),
        timing: FleetTiming = FleetTiming(),
        limits: FleetLimits = FleetLimits(),
        at now: Instant
    ) {
        self.epoch = epoch
        self.timing = timing
        self.limits = limits
        startedAt = now
        lastPositions = now
        queue = LaneQueue(lanes)
    }

    public var waitingCount: Int { queue.count }
    public var leasedCount: Int { leasedTo.count }
    public var leasedJobs: [JobID] { leasedTo.keys.sorted() }
    public var workerCount: Int { workers.values.reduce(0) { $0 + ($1.link.isOpen ? 1 : 0) } }
    public var edgeCount: Int { edges.values.reduce(0) { $0 + ($1.link.isOpen ? 1 : 0) } }
    public func waitingCount(in lane: Lane) -> Int { queue.count(in: lane) }

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
        let fromWorker = workers[node] != nil
        if fromWorker {
            verdict = workers[node]?.link.receive(envelope.header, opens: false, at: now)
        } else {
            verdict = edges[node]?.link.receive(envelope.header, opens: false, at: now)
        }
        switch verdict {
        case .deliver where fromWorker: hearWorker(node, envelope.message, at: now)
        case .deliver: hearEdge(node, envelope.message, at: now)
        case .broken, nil: askForHello(node, at: now)
        case .drop, .opened: break
        }
        schedule(at: now)
    }

    /// A message could not be sent because the peer's connection is gone.
    public mutating func unreachable(_ node: NodeID, at now: Instant) {
        edges[node]?.link.close()
        workers[node]?.link.close()
        if workers[node] != nil, workers[node]?.resetAt == nil { workers[node]?.resetAt = now }
    }

    /// Everything that is due because time has passed.
    ///
    /// Call it every 50 ms or so.
    public mutating func tick(at now: Instant) {
        for node in workers.keys.sorted() { keepWorker(node, at: now) }
        announceServed(at: now)
        for node in edges.keys.sorted() { keepEdge(node, at: now) }
        expireOrphans(at: now)
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

    /// Leases what can be leased: per model, the lane queue's next job to the worker with the most room.
    mutating func schedule(at now: Instant) {
        for model in queue.backlogged {
            while let job = queue.next(for: model), let worker = worker(for: job, at: now) {
                queue.take(job)
                lease(job, to: worker, at: now)
            }
        }
    }

    /// How well a worker suits a job, apart from the room that it has.
    private enum Suitability: Int, Comparable {
        /// The job was lost on it.
        case lost
        /// It computes differently.
        case other
        /// It goes on bit for bit.
        case alike

        static func < (left: Suitability, right: Suitability) -> Bool { left.rawValue < right.rawValue }
    }

    private func worker(for job: WaitingJob, at now: Instant) -> NodeID? {
        let charge = Charge.estimate(job.submission)
        // Another kind of worker, or the one that the job was lost on, is better than none, after a while.
        let least = now - job.offeredAt > timing.avoidPatience ? Suitability.lost : .alike
        var best: (suitability: Suitability, room: UInt64, node: NodeID)?
        for (node, worker) in workers {
            let suitability = suitability(of: worker, node, for: job)
            guard suitability >= least, let room = worker.room(for: charge, of: job.model) else { continue }
            if let other = best {
                // Of equal ones the first by name, so that the choice does not depend on hashing.
                let isBetter = (suitability, room, other.node) > (other.suitability, other.room, node)
                guard isBetter else { continue }
            }
            best = (suitability, room, node)
        }
        return best?.node
    }

    private func suitability(of worker: WorkerPeer, _ node: NodeID, for job: WaitingJob) -> Suitability {
        if node == job.submission.avoid { return .lost }
        return job.submission.fingerprint.map { $0 == worker.fingerprint } ?? true ? .alike : .other
    }

    private mutating func lease(_ job: WaitingJob, to node: NodeID, at now: Instant) {
        guard let index = workers[node].map({ $0.leaseCount + 1 }) else { return }
        var submission = job.submission
        submission.remainingMilliseconds = job.deadline.map {
            UInt32(clamping: max(.zero, $0 - now).milliseconds)
        }
        let running = WorkerPeer.Running(
            attempt: submission.attempt,
            edge: job.edge,
            model: job.model,
            index: index,
            charge: Charge.estimate(submission),
            since: now
        )
        workers[node]?.leaseCount = index
        workers[node]?.add(running, of: job.id)
        leasedTo[job.id] = node
        counters.leased += 1
        let endpoint = edges[job.edge]?.tokenEndpoint ?? ""
        let lease = Lease(
            index: index,
            edge: job.edge,
            tokenEndpoint: endpoint,
            submission: submission
        )
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

    /// Takes a lease off the books.
    @discardableResult
    mutating func release(_ job: JobID) -> WorkerPeer.Running? {
        guard let node = leasedTo.removeValue(forKey: job) else { return nil }
        return workers[node]?.remove(job)
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
        for (job, orphan) in orphans where now - orphan.since > timing.rebuild {
            orphans[job] = nil
            tellLost(job, orphan.attempt, .workerDied, to: orphan.edge, at: now)
        }
    }

    private mutating func sendPositions(at now: Instant) {
        lastPositions = now
        guard queue.count > 0 else { return }
        var byEdge: [NodeID: [QueuePosition]] = [:]
        for (job, position) in queue.positions() { byEdge[job.edge, default: []].append(position) }
        for edge in byEdge.keys.sorted() { send(.positions(byEdge[edge] ?? []), toEdge: edge, at: now) }
    }

    // MARK: Audit

    /// Whatever is inconsistent, in words; empty when all is well.
    public func audit() -> [String] {
        var found = queue.audit()
        for (node, worker) in workers {
            for job in worker.leases.keys where leasedTo[job] != node {
                found.append("\(node) has an unlisted lease \(job)")
            }
            for (model, leases) in Dictionary(grouping: worker.leases.values, by: \.model)
            where worker.leaseCount(of: model) != leases.count {
                found.append("\(node) has \(leases.count) leases of \(model)")
            }
        }
        for (job, node) in leasedTo {
            if workers[node]?.leases[job] == nil {
                found.append("job \(job) is listed under \(node), which lacks it")
            }
            if queue.contains(job) { found.append("job \(job) is leased and waits") }
        }
        for job in orphans.keys where leasedTo[job] != nil || queue.contains(job) {
            found.append("orphan \(job) is elsewhere too")
        }
        return found
    }
}
