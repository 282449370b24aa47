internal import Contract
public import Lanes
public import Messaging
public import Ports
internal import EventLoop
internal import Roles
internal import Telemetry

/// The coordinator as a process part: its sockets and its clock around `CoordinatorRole`.
///
/// Belongs to the loop's thread.
public final class CoordinatorHost: RoleHost {
    private static let tick = Duration.milliseconds(50)

    private let loop: EventLoop
    private let log: Log
    private let gauges: CoordinatorGauges
    private var role: CoordinatorRole
    private var listener: EnvelopeListener?
    private var timer: TimerID?
    private var isSettling = false
    private var knownWorkerCount = 0

    public init(
        _ environment: PortEnvironment,
        at endpoint: Messaging.Endpoint,
        lanes: LanePolicy = LanePolicy()
    ) throws {
        loop = environment.loop
        log = environment.log
        gauges = CoordinatorGauges(environment.metrics, tenants: Set(lanes.tenants.keys))
        role = CoordinatorRole(
            epoch: environment.epoch,
            lanes: lanes,
            prefixSecret: (0..<32).map { _ in UInt8.random(in: .min ... .max) },
            at: environment.loop.now
        )
        let handlers = EnvelopeListener.Handlers(
            onEnvelope: { [weak self] in self?.take($1, from: $0) },
            onUnreachable: { [weak self] in self?.lose($0) }
        )
        listener = try EnvelopeListener(environment, at: endpoint, .control, handlers)
        timer = loop.schedule(every: Self.tick) { [weak self] in self?.tick() }
        log.info("listening", ["endpoint": LogValue(listener?.endpoint?.description ?? "")])
    }

    /// Nothing is lost with a coordinator: it may go at once.
    public func drain(_ whenIdle: @escaping () -> Void) { whenIdle() }

    public func close() {
        timer.map(loop.cancel)
        timer = nil
        listener?.close()
        listener = nil
    }

    private func take(_ envelope: Envelope, from node: NodeID) {
        let peerCount = role.edgeCount + role.workerCount
        role.receive(node, envelope, at: loop.now)
        if case .hello(let hello) = envelope.message, role.edgeCount + role.workerCount > peerCount {
            log.info("joined", ["node": LogValue(node), "role": LogValue(hello.role.rawValue)])
        }
        settle()
    }

    private func lose(_ node: NodeID) {
        role.unreachable(node, at: loop.now)
        settle()
    }

    private func tick() {
        role.tick(at: loop.now)
        gauges.show(role)
        settle()
        noteWorkers()
    }

    private func noteWorkers() {
        let count = role.workerCount
        if count < knownWorkerCount { log.warn("a worker is gone or silent", ["workers": LogValue(count)]) }
        knownWorkerCount = count
    }

    private func settle() {
        // A send that fails at once comes back here through `lose`; the loop below takes up what that adds.
        guard !isSettling else { return }
        isSettling = true
        defer { isSettling = false }
        while true {
            let effects = role.takeEffects()
            if effects.isEmpty { return }
            for case .send(let node, let envelope) in effects { listener?.send(envelope, to: node) }
        }
    }
}
