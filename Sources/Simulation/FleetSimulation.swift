internal import Contract
internal import Engine
internal import Lanes
public import Roles
internal import Wire

/// A whole fleet in one thread under a seed: two edges, a coordinator and three workers run their real role
/// logic and real engines (over a scripted model), while the network and the processes fail around them.
///
/// After every event the checkers look; at the end everything must have come to rest. The same seed gives the
/// same history, so a failing one prints itself and can be replayed.
public final class FleetSimulation {
    /// How a history went.
    public struct Report: Sendable {
        public var seed: UInt64
        /// In words; empty when all is well.
        ///
        /// The history ends at the first.
        public var violations: [String]
        public var events = 0
        public var frames = 0
        public var faults = 0
        public var jobs = 0
        public var tokens = 0
        public var continuations = 0
        /// Terms of the coordinator that stands by.
        public var takeovers = 0
        /// Streams that were gone on with by a client that came back.
        public var resumes = 0
        /// Faults that really struck: one that finds its process dead already does nothing.
        public var struck: [Fault: Int] = [:]
        /// What each group of a scenario's clients got.
        public var shares: [Share] = []
        /// How much of a scenario's prompts was found.
        public var reuse = Reuse()

        public init(seed: UInt64, violations: [String]) {
            self.seed = seed
            self.violations = violations
        }
    }

    static let coordinatorName = NodeID("coordinator")
    static let model = "scripted"
    /// Faults happen until here; then the world is left alone.
    static let faultsEnd = Instant(microseconds: 12_000_000)
    /// By here everything must have come to rest.
    static let restBy = Instant(microseconds: 120_000_000)

    let plant: Plant?
    let rule: ChoiceRule
    let scenario: Scenario
    let isPooled: Bool
    let world: World
    var random: SeededRandom
    var now = Instant.zero
    var schedule = Schedule<SimulationEvent>()
    var connections: [ConnectionID: Connection] = [:]
    var edges: [NodeID: SimulatedEdge] = [:]
    var workers: [NodeID: SimulatedWorker] = [:]
    var coordinator: SimulatedCoordinator
    /// Where a scenario has one.
    var standby: SimulatedStandby?
    /// Which of the coordinators each edge and worker speaks with.
    var homes: [NodeID: Int] = [:]
    /// When a fault struck.
    var strikes: [Instant] = []
    var clients: [ClientJob] = []
    var clientIndex: [JobID: Int] = [:]
    var expectations: [JobID: Expected] = [:]
    /// Stopped jobs of each worker, for the bug that never lets go of their load.
    var leakedTokens: [NodeID: UInt64] = [:]
    /// Orders to unload that were not followed by one to load.
    var unloads: Set<ModelPlace> = []
    /// Workers that died while they loaded a model.
    var loadDeaths: [String: Int] = [:]
    var report: Report
    var trace: ((String) -> Void)?

    /// Without a scenario it is the one in which the planted bug shows; `isPooled`: with one worker for all.
    public init(
        seed: UInt64,
        plant: Plant? = nil,
        scenario: Scenario? = nil,
        rule: ChoiceRule = .leastTime,
        isPooled: Bool = false,
        trace: ((String) -> Void)? = nil
    ) {
        self.plant = plant
        self.rule = rule
        self.scenario = scenario ?? plant?.scenario ?? .faults
        self.isPooled = isPooled
        world = isPooled ? self.scenario.world.pooled : self.scenario.world
        self.trace = trace
        random = SeededRandom(seed: seed)
        report = Report(seed: seed, violations: [])
        coordinator = SimulatedCoordinator(
            state: NodeState(Self.coordinatorName),
            role: CoordinatorRole(epoch: BootEpoch(rawValue: 0), at: .zero)
        )
        if self.scenario == .continuation { standby = SimulatedStandby(Self.standbyName) }
        startEverything()
        if self.scenario.isRandom {
            planClients()
            planFaults()
        } else {
            planScenario()
            planSharedPrefixes()
        }
    }

    /// Plays the history to its end, or to its first violation.
    public func run() -> Report {
        while report.violations.isEmpty, let (at, event) = schedule.next() {
            now = at
            report.events += 1
            handle(event)
            if now > Self.faultsEnd, isAtRest { break }
            if now > Self.restBy {
                report.violations += unfinished()
                break
            }
        }
        if report.violations.isEmpty { report.violations += checkRest() + checkShares() }
        report.jobs = clients.count
        return report
    }

    // MARK: Events

    private func handle(_ event: SimulationEvent) {
        if let target = event.target, let until = pausedUntil(target), until > now {
            return postpone(event, for: target)
        }
        switch event {
        case .arrives(let id, let direction, let generation, let envelope):
            arrive(id, direction, generation, envelope)
        case .connects(let id, let generation): connect(id, generation)
        case .closes(let id, let generation): close(id, generation)
        case .ticks(let node, let life): tick(node, life)
        case .steps(let node, let life): step(node, life)
        case .prepared(let node, let life, let lease): prepared(node, life, lease)
        case .submits(let index): submit(index)
        case .cancels(let index): cancel(index)
        case .comesBack(let index): comeBack(index)
        case .leaves(let node, let life):
            leaveInTime(node, life)
        case .fault: inject()
        case .breaksLink: breakLink()
        case .killsWorker: killWorker()
        case .restarts(let node, let life): restart(node, life)
        case .resumes(let node, let life): resume(node, life)
        case .loads(let node, let life, let copy, let percent): load(node, life, copy, percent)
        case .drops(let node, let life, let copy): drop(node, life, copy)
        case .manages: manage()
        }
    }

    func plan(_ event: SimulationEvent, after delay: Duration) {
        schedule.add(event, at: now + delay, tie: random.next())
    }

    func violate(_ words: String) {
        report.violations.append("at \(now.microseconds) us: \(words)")
    }

    private func tick(_ node: NodeID, _ life: Int) {
        guard let state = state(of: node), state.isAlive, state.life == life else { return }
        let local = state.localTime(now)
        if edges[node] != nil {
            edges[node]?.role.tick(at: local)
            settleEdge(node)
        } else if workers[node] != nil {
            let step = workers[node]?.step ?? 0
            workers[node]?.role.tick(step: step, at: local)
            settleWorker(node)
        } else if node == Self.standbyName {
            standby?.tick(at: local)
            settleStandby()
        } else {
            coordinator.role.tick(at: local)
            settleCoordinator()
        }
        plan(.ticks(node, life: life), after: .milliseconds(50))
    }

    // MARK: Clients

    private func submit(_ index: Int) {
        let edge = clients[index].edge
        guard edges[edge]?.state.isAlive == true, edges[edge]?.role.isReady == true else {
            // A client would be told to come back; it does.
            return plan(.submits(index), after: random.duration(100_000...700_000))
        }
        guard pausedUntil(edge).map({ $0 <= now }) ?? true else {
            return plan(.submits(index), after: random.duration(100_000...700_000))
        }
        clients[index].phase = .running
        clients[index].startedAt = now
        let local = localTime(edge)
        let secret = edges[edge]?.role.prefixSecret ?? []
        let links = world.links(of: clients[index].job, secret)
        countAsked(index)
        edges[edge]?.role.accept(clients[index].job, links: links, at: local)
        settleEdge(edge)
    }

    private func cancel(_ index: Int) {
        let client = clients[index]
        guard client.phase == .running, edges[client.edge]?.state.isAlive == true else { return }
        guard pausedUntil(client.edge).map({ $0 <= now }) ?? true else { return }
        clients[index].cancelled = true
        let local = localTime(client.edge)
        edges[client.edge]?.role.cancel(client.job.id, at: local)
        settleEdge(client.edge)
    }

    // MARK: Nodes by name

    func state(of node: NodeID) -> NodeState? {
        if node == Self.standbyName { return standby?.state }
        return node == Self.coordinatorName ? coordinator.state : edges[node]?.state ?? workers[node]?.state
    }

    func change(_ node: NodeID, _ body: (inout NodeState) -> Void) {
        guard var state = state(of: node) else { return }
        body(&state)
        if node == Self.coordinatorName {
            coordinator.state = state
        } else if node == Self.standbyName {
            standby?.state = state
        } else if edges[node] != nil {
            edges[node]?.state = state
        } else {
            workers[node]?.state = state
        }
    }

    func localTime(_ node: NodeID) -> Instant { state(of: node)?.localTime(now) ?? now }

    func pausedUntil(_ node: NodeID) -> Instant? { state(of: node)?.pausedUntil }

    private func postpone(_ event: SimulationEvent, for node: NodeID) {
        change(node) { $0.postponed.append(event) }
    }

    private func resume(_ node: NodeID, _ life: Int) {
        guard let state = state(of: node), state.life == life else { return }
        change(node) {
            $0.pausedUntil = nil
            $0.postponed = []
        }
        for event in state.postponed where report.violations.isEmpty { handle(event) }
    }
}
