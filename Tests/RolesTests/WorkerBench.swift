import Contract
import Placement
import Roles
import Testing

/// A worker's role with coordinator and edges played by the test; audited after every event.
struct WorkerBench {
    var role: WorkerRole
    var now = Instant(microseconds: 5_000_000)
    var coordinator: Peer
    var edges: [String: Peer] = [:]
    var toCoordinator: [Message] = []
    var toEdge: [String: [Message]] = [:]
    var started: [Lease] = []
    var stopped: [(JobID, Attempt)] = []
    var dialed: [String] = []
    var hungUp: [String] = []
    var loads: [ModelCopy] = []
    var drops: [ModelCopy] = []
    private var leaseCount: UInt64 = 0

    /// Room for 4 sequences and 1,000 tokens.
    ///
    /// With a pool the models are those that are loaded later.
    init(_ limits: FleetLimits = FleetLimits(), serving: ModelCard? = nil, pool: ModelPool? = nil) {
        let identity = WorkerRole.Identity(
            node: NodeID("worker"),
            epoch: BootEpoch(rawValue: 1 << 32),
            fingerprint: "avx2"
        )
        let capacity = WorkerRole.Capacity(card: serving ?? card, sequences: 4, tokens: 1000)
        role = WorkerRole(
            identity,
            capacities: pool == nil ? [capacity] : [],
            pool: pool,
            limits: limits,
            at: now
        )
        coordinator = Peer(.server, epoch: 2, at: now)
        role.coordinatorConnected(at: now)
        settle()
    }

    mutating func heard() -> [Message] {
        defer { toCoordinator = [] }
        return toCoordinator.filter { !$0.isHeartbeat }
    }

    mutating func heard(at edge: String) -> [Message] {
        defer { toEdge[edge] = nil }
        return (toEdge[edge] ?? []).filter { !$0.isHeartbeat }
    }

    mutating func coordinatorSays(_ message: Message) { deliver(coordinator.envelope(message, at: now)) }

    mutating func deliver(_ envelope: Envelope) {
        role.receiveFromCoordinator(envelope, at: now)
        settle()
    }

    /// A lease of the coordinator; the edge's link comes up with the first.
    mutating func lease(
        _ job: Job,
        _ attempt: Attempt = .first,
        committed: [TokenID] = [],
        edge: String = "edge"
    ) {
        leaseCount += 1
        let submission = Submission(job: job, attempt: attempt, committed: committed)
        coordinatorSays(
            .lease(Lease(index: leaseCount, edge: NodeID(edge), tokenEndpoint: edge, submission: submission))
        )
        if edges[edge] == nil {
            edges[edge] = Peer(.server, epoch: 3, at: now)
            connect(edge)
        }
    }

    mutating func connect(_ edge: String) {
        role.edgeConnected(NodeID(edge), at: now)
        settle()
    }

    mutating func say(_ message: Message, by edge: String = "edge") {
        guard let envelope = edges[edge]?.envelope(message, at: now) else { return }
        role.receiveFromEdge(NodeID(edge), envelope, at: now)
        settle()
    }

    mutating func acknowledge(
        _ number: UInt64,
        _ attempt: Attempt = .first,
        next: UInt32,
        ended: Bool = false
    ) {
        say(.ack([Acknowledgement(job: id(number), attempt: attempt, next: next, ended: ended)]))
    }

    mutating func produce(_ records: TokenRecord...) {
        role.produced(records, step: 1, at: now)
        settle()
    }

    /// Records that an edge was sent since the last call.
    mutating func records(at edge: String = "edge") -> [TokenRecord] {
        heard(at: edge).compactMap(\.asTokens).flatMap { $0 }
    }

    /// Lets time pass in steps of 50 ms; the coordinator and the `talking` edges say that they live.
    mutating func pass(_ span: Duration, talking: [String] = []) {
        let until = now + span
        while now < until {
            now = min(until, now + .milliseconds(50))
            if coordinator.link.isOpen { coordinatorSays(.heartbeat(Heartbeat())) }
            for edge in talking { say(.heartbeat(Heartbeat()), by: edge) }
            role.tick(step: 1, at: now)
            settle()
        }
    }

    mutating func settle() {
        for effect in role.takeEffects() {
            switch effect {
            case .sendToCoordinator(let envelope):
                toCoordinator.append(envelope.message)
                if let answer = coordinator.hear(
                    envelope,
                    welcome: Welcome(heartbeatMilliseconds: 500),
                    at: now
                ) {
                    leaseCount = 0
                    deliver(answer)
                }
            case .callCoordinator: break
            case .sendToEdge(let edge, let envelope):
                toEdge[edge.name, default: []].append(envelope.message)
                let welcome = Welcome(heartbeatMilliseconds: 500)
                guard let answer = edges[edge.name]?.hear(envelope, welcome: welcome, at: now) else {
                    continue
                }
                role.receiveFromEdge(edge, answer, at: now)
                settle()
            case .start(let lease): started.append(lease)
            case .stop(let job, let attempt): stopped.append((job, attempt))
            case .dial(let edge, _): dialed.append(edge.name)
            case .hangUp(let edge): hungUp.append(edge.name)
            case .loadModel(let model, let generation, _): loads.append(ModelCopy(model, generation))
            case .dropModel(let model, let generation): drops.append(ModelCopy(model, generation))
            }
        }
        #expect(role.audit() == [])
    }
}

/// One load of a model, as the shell is told of it.
struct ModelCopy: Hashable {
    var model: String
    var generation: UInt32

    init(_ model: String, _ generation: UInt32) {
        self.model = model
        self.generation = generation
    }
}
