internal import Contract
internal import Engine
internal import Roles

/// What is known of who holds which beginnings, and whether it is true.
extension FleetSimulation {
    /// What the requests of a scenario found of their prompts.
    public struct Reuse: Sendable {
        public var promptTokens = 0
        public var foundTokens = 0
        /// What one worker with the memory of all would have found, that computes a prompt in no time.
        public var findableTokens = 0
        /// From a request to its first token, in microseconds.
        public var firstTokens: [Int64] = []

        public var hitRate: Double { Double(foundTokens) / Double(max(1, promptTokens)) }
        public var findableRate: Double { Double(findableTokens) / Double(max(1, promptTokens)) }
        /// In milliseconds.
        public var meanFirstToken: Double {
            Double(firstTokens.reduce(0, +)) / Double(max(1, firstTokens.count)) / 1000
        }
    }

    /// A worker's engine has made a step: its role learns what has become of beginnings, and how fast it is.
    func tell(of engine: EngineBox, by node: NodeID) {
        var changes = engine.engine.takeHoldingChanges()
        if plant == .ownershipNotDroppedOnEviction {
            changes.removeAll { if case .dropped = $0 { true } else { false } }
        }
        let counters = engine.engine.counters
        var load = ModelLoad(model: Self.model)
        load.promptTokens = UInt64(counters.promptRowsLeft)
        load.emptyTokens = UInt64(counters.emptyBlocks * counters.blockTokens)
        load.promptRate = Float(counters.promptRowsPerSecond)
        load.streamSeconds = Float(counters.secondsPerStream)
        workers[node]?.role.hold(changes)
        workers[node]?.role.measured(load)
    }

    /// The load as a worker would tell it that has the planted bug.
    func leak(into envelope: Envelope, of node: NodeID) -> Envelope {
        guard plant == .loadNotReleasedOnCancel, case .workerLoad(var load) = envelope.message,
            !load.models.isEmpty
        else { return envelope }
        load.models[0].promptTokens += leakedTokens[node] ?? 0
        var envelope = envelope
        envelope.message = .workerLoad(load)
        return envelope
    }

    /// Whether the coordinator knows of a worker just what is so: what it holds, and that it has nothing to
    /// do.
    func isKnownTruly(_ node: NodeID) -> Bool {
        guard let engine = workers[node]?.engine.engine.heldLinks else { return false }
        return Set(coordinator.role.holdings(of: node).keys) == engine
            && coordinator.role.backlogTokens(of: node, for: Self.model) == 0
            && coordinator.role.auditOwnership().isEmpty
    }

    func untruth(of node: NodeID) -> String {
        let held = workers[node]?.engine.engine.heldLinks ?? []
        let told = Set(coordinator.role.holdings(of: node).keys)
        let backlog = coordinator.role.backlogTokens(of: node, for: Self.model)
        return "of \(node) \(told.subtracting(held).count) beginnings are believed that are not there,"
            + " \(held.subtracting(told).count) are there that are not known,"
            + " and a load of \(backlog) tokens; \(coordinator.role.auditOwnership())"
    }

    // MARK: Prompts that begin alike

    private static let familyCount = 150
    private static let requestsPerFamily = 5
    private static let commonTokens = 256

    /// All requests of all families, in any order, one after the other.
    func planSharedPrefixes() {
        guard scenario == .sharedPrefixes else { return }
        // Of its own, so that every fleet is asked the same under one seed.
        var random = SeededRandom(seed: report.seed)
        func ids(_ counts: ClosedRange<Int>) -> [TokenID] {
            (0..<Int.random(in: counts, using: &random)).map { _ in .random(in: 0...255, using: &random) }
        }
        let heads = (0..<Self.familyCount).map { _ in ids(Self.commonTokens...Self.commonTokens) }
        var order = heads.indices.flatMap { Array(repeating: $0, count: Self.requestsPerFamily) }
        order.shuffle(using: &random)
        var at = Instant(microseconds: 500_000)
        for (number, family) in order.enumerated() {
            at = at + random.duration(0...2 * scenario.restBetweenRequests)
            var job = Job(
                id: JobID(high: random.next(), low: random.next()),
                model: Self.model,
                prompt: .tokens(heads[family] + ids(16...48))
            )
            job.sampling.temperature = 0
            job.limits.maxTokens = 8
            job.limits.ignoresEnd = true
            job.routing.estimatedPromptTokens = UInt32(clamping: job.prompt.byteCount / 4)
            var client = ClientJob(job: job, edge: NodeID("edge-\(number % 2)"), submitAt: at)
            client.beginsLikeOthers = true
            clientIndex[job.id] = clients.count
            schedule.add(.submits(clients.count), at: at, tie: random.next())
            clients.append(client)
        }
    }

    /// A request goes out.
    func countAsked(_ index: Int) {
        guard clients[index].beginsLikeOthers, case .tokens(let ids) = clients[index].job.prompt else {
            return
        }
        report.reuse.promptTokens += ids.count
    }

    /// A worker has begun with a request.
    func countOpening(_ index: Int, _ opening: StreamOpening) {
        guard clients[index].beginsLikeOthers else { return }
        report.reuse.foundTokens += Int(opening.cachedTokens)
    }

    /// A request has its first token.
    func countFirstToken(_ index: Int) {
        guard clients[index].beginsLikeOthers, let began = clients[index].startedAt,
            clients[index].firstShownAt == nil
        else { return }
        clients[index].firstShownAt = now
        report.reuse.firstTokens.append((now - began).microseconds)
    }

    /// Whoever chooses by what is held finds nearly all that any choice could have found.
    ///
    /// What could be found: one memory as large as all together holds nothing twice, and with steps that take
    /// no time nobody comes while the first of those that begin alike is still computed.
    func checkReuse() -> [String] {
        guard rule == .leastTime, !isPooled else { return [] }
        let oracle = FleetSimulation(seed: report.seed, scenario: scenario, isPooled: true).run()
        report.reuse.findableTokens = oracle.reuse.foundTokens
        guard oracle.violations.isEmpty else { return oracle.violations }
        let (found, findable) = (report.reuse.foundTokens, report.reuse.findableTokens)
        guard Double(found) < 0.95 * Double(findable) else { return [] }
        return ["\(found) tokens were found of \(findable) that could have been"]
    }
}

extension Scenario {
    /// Between two requests of shared prefixes, on average, in microseconds.
    var restBetweenRequests: Int64 { 15_000 }
}

extension World {
    /// One worker with the memory of all, that computes a prompt in no time.
    var pooled: World {
        var world = self
        world.blocks *= workerCount
        world.sequences *= UInt32(workerCount)
        world.workerCount = 1
        world.rowsPerStep = 4096
        world.chunkRows = 4096
        world.stepTime = 10...20
        world.preparation = 1...2
        return world
    }

    /// Four workers with room for prompts of some hundred tokens: a little more than all that begin alike
    /// take.
    mutating func becomeWide() {
        workerCount = 4
        blockTokens = 16
        contextTokens = 1024
        linkBytes = 256
        sequences = 16
        // Of four such memories 150 beginnings of 256 tokens take 73 in a hundred.
        blocks = 822
        rowsPerStep = 64
        chunkRows = 64
        tokensPerEnd = 0
        stepTime = 9_000...11_000
        preparation = 500...1500
    }
}
