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
    private let lanes: LanePolicy
    private var role: CoordinatorRole
    /// Whether another coordinator serves, and this one stands by.
    private var duty: StandbyDuty?
    private var listener: EnvelopeListener?
    private var timer: TimerID?
    private var isSettling = false
    private var knownWorkerCount = 0

    /// `first`: the coordinator that serves, where this one stands by for it.
    public init(
        _ environment: PortEnvironment,
        at endpoint: Messaging.Endpoint,
        standbyOf first: Messaging.Endpoint? = nil,
        lanes: LanePolicy = LanePolicy()
    ) throws {
        self.lanes = lanes
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
        duty = try first.map { first in
            try StandbyDuty(environment, of: first) { [weak self] in self?.turn($0) }
        }
        log.info("listening", ["endpoint": LogValue(listener?.endpoint?.description ?? "")])
    }

    /// Nothing is lost with a coordinator: it may go at once.
    public func drain(_ whenIdle: @escaping () -> Void) { whenIdle() }

    /// Says goodbye, so that nobody has to find out that it is gone.
    public func close() {
        if serves { role.leave(at: loop.now) }
        settle()
        timer.map(loop.cancel)
        timer = nil
        loop.sayGoodbye()
        duty?.close()
        listener?.close()
        listener = nil
    }

    private var serves: Bool { duty?.isServing ?? true }

    /// A term of this coordinator begins or ends.
    ///
    /// Each is a life of its own, with an epoch that nobody has heard of.
    private func turn(_ begins: Bool) {
        if begins {
            log.warn("the first coordinator is not heard; taking over")
            let epoch = BootEpoch(rawValue: .random(in: 1 ... .max))
            role = CoordinatorRole(epoch: epoch, lanes: lanes, at: loop.now)
        } else {
            log.info("the first coordinator is back; stepping down")
            role.leave(at: loop.now)
            settle()
        }
    }

    private func take(_ envelope: Envelope, from node: NodeID) {
        var isHello = false
        if case .hello = envelope.message { isHello = true }
        guard serves || (isHello && duty?.asked() == true) else { return }
        let peerCount = role.edgeCount + role.workerCount
        role.receive(node, envelope, at: loop.now)
        if case .hello(let hello) = envelope.message, role.edgeCount + role.workerCount > peerCount {
            log.info("joined", ["node": LogValue(node), "role": LogValue(hello.role.rawValue)])
        }
        settle()
    }

    private func lose(_ node: NodeID) {
        guard serves else { return }
        role.unreachable(node, at: loop.now)
        settle()
    }

    private func tick() {
        duty?.tick()
        guard serves else { return }
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
