import Contract
import Roles
import Testing

/// An edge's role with the rest of its fleet played by the test; audited after every event.
struct EdgeBench {
    var role: EdgeRole
    var now = Instant(microseconds: 5_000_000)
    /// In the order of its list; all are called `coordinator` while it speaks with them.
    var coordinators: [Peer]
    var workers: [String: Peer] = [:]
    var toCoordinator: [Message] = []
    var toWorker: [String: [Message]] = [:]
    var shown: [TokenRecord] = []
    var ended: [JobID: [StreamEnd]] = [:]
    var refused: [JobID: [Refusal]] = [:]
    var positions: [QueuePosition] = []
    /// What it looked for.
    var found: [Submission] = []
    var unfound: [JobID] = []
    var foundTwins: [JobID: Submission] = [:]
    /// Which coordinators it turned to.
    var called: [Int] = []

    init(_ limits: FleetLimits = FleetLimits(), connects: Bool = true, coordinators: Int = 1) {
        var identity = EdgeRole.Identity(
            node: NodeID("edge"),
            epoch: BootEpoch(rawValue: 1 << 32),
            tokenEndpoint: "inproc://edge"
        )
        identity.coordinatorCount = coordinators
        role = EdgeRole(identity, limits: limits, at: now)
        let start = now
        self.coordinators = (0..<coordinators).map { Peer(.server, epoch: 2 + UInt64($0), at: start) }
        guard connects else { return }
        role.coordinatorConnected(at: now)
        settle()
        toCoordinator = []
    }

    var coordinator: Peer {
        get { coordinators[called.last ?? 0] }
        set { coordinators[called.last ?? 0] = newValue }
    }

    /// What was said to the coordinator since the last call, without heartbeats.
    mutating func heard() -> [Message] {
        defer { toCoordinator = [] }
        return toCoordinator.filter { !$0.isHeartbeat }
    }

    mutating func heard(at worker: String) -> [Message] {
        defer { toWorker[worker] = nil }
        return (toWorker[worker] ?? []).filter { !$0.isHeartbeat }
    }

    mutating func accept(_ job: Job) {
        role.accept(job, at: now)
        settle()
    }

    mutating func coordinatorSays(_ message: Message) { deliver(coordinator.envelope(message, at: now)) }

    mutating func deliver(_ envelope: Envelope) {
        role.receiveFromCoordinator(envelope, at: now)
        settle()
    }

    /// A worker comes, or comes again in another life, and says what it holds.
    mutating func join(
        _ worker: String,
        life: UInt64 = 1,
        holding jobs: [HeldJob] = [],
        fingerprint: String = ""
    ) {
        let epoch = life << 16 | UInt64(worker.utf8.last ?? 0)
        if workers[worker]?.link.stampOutside(at: now).epoch != BootEpoch(rawValue: epoch << 32) {
            workers[worker] = Peer(.client, epoch: epoch, at: now)
        }
        say(.hello(Hello(role: .worker, jobs: jobs, fingerprint: fingerprint)), by: worker)
    }

    mutating func say(_ message: Message, by worker: String) {
        guard let envelope = workers[worker]?.envelope(message, at: now) else { return }
        role.receiveFromWorker(NodeID(worker), envelope, at: now)
        settle()
    }

    mutating func show(_ records: TokenRecord..., by worker: String) { say(.tokens(records), by: worker) }

    /// Lets time pass in steps of 50 ms; the coordinator and the `talking` workers say that they live.
    mutating func pass(_ span: Duration, talking: [String] = []) {
        let until = now + span
        while now < until {
            now = min(until, now + .milliseconds(50))
            if coordinator.link.isOpen { coordinatorSays(.heartbeat(Heartbeat())) }
            for worker in talking { say(.heartbeat(Heartbeat()), by: worker) }
            role.tick(at: now)
            settle()
        }
    }

    mutating func settle() {
        for effect in role.takeEffects() {
            switch effect {
            case .sendToCoordinator(let envelope):
                toCoordinator.append(envelope.message)
                let welcome = Welcome(heartbeatMilliseconds: 500, models: [card])
                if let answer = coordinator.hear(envelope, welcome: welcome, at: now) { deliver(answer) }
            case .callCoordinator(let place): called.append(place)
            case .sendToWorker(let worker, let envelope):
                toWorker[worker.name, default: []].append(envelope.message)
                _ = workers[worker.name]?.hear(
                    envelope,
                    welcome: Welcome(heartbeatMilliseconds: 500),
                    at: now
                )
            case .show(let record):
                shown.append(record)
                if let end = record.end { ended[record.job, default: []].append(end) }
            case .refused(let job, let refusal): refused[job, default: []].append(refusal)
            case .ended(let job, let end): ended[job, default: []].append(end)
            case .position(let position): positions.append(position)
            case .modelsChanged, .managed: break
            case .found(let submission): found.append(submission)
            case .unfound(let job): unfound.append(job)
            case .foundTwin(let job, let submission): foundTwins[job] = submission
            }
        }
        #expect(role.audit() == [])
    }
}
