internal import Contract
internal import Roles

/// Clients that ask again when they have their answer, and what they got.
extension FleetSimulation {
    /// What the clients of one group got.
    public struct Share: Sendable {
        public var tenant: String
        public var lane: String
        /// Shown while it counted.
        public var tokens = 0
        public var finished = 0
        /// From the request to its first token, and to its end, in microseconds.
        public var firstTokens: [Int64] = []
        public var wholeTimes: [Int64] = []

        /// What so much of a hundred are below.
        public static func percentile(_ part: Int, of values: [Int64]) -> Int64 {
            let sorted = values.sorted()
            return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, sorted.count * part / 100)]
        }
    }

    func planScenario() {
        for (number, group) in scenario.groups.enumerated() {
            report.shares.append(Share(tenant: group.tenant, lane: group.lane.name))
            for _ in 0..<group.count { planNext(of: number, after: random.duration(0...400_000)) }
        }
        if let breaks = scenario.breaks { plan(.breaksLink, after: random.duration(breaks)) }
        planCommands()
        if let deaths = scenario.deaths { plan(.killsWorker, after: random.duration(deaths)) }
    }

    private func planNext(of number: Int, after delay: Duration) {
        let group = scenario.groups[number]
        let prompt = (0..<Int.random(in: group.promptTokens, using: &random)).map { _ in
            TokenID.random(in: 0...255, using: &random)
        }
        let id = JobID(high: random.next(), low: random.next())
        var job = Job(id: id, model: group.model, prompt: .tokens(prompt))
        job.sampling.temperature = 1
        job.sampling.seed = random.next()
        job.limits.maxTokens = UInt32.random(in: group.answerTokens, using: &random)
        job.limits.ignoresEnd = true
        job.routing.lane = group.lane
        job.routing.tenant = group.tenant
        job.routing.estimatedPromptTokens = UInt32(prompt.count)
        let edge = NodeID("edge-\(group.edge)")
        var client = ClientJob(job: job, edge: edge, submitAt: now + delay)
        client.group = number
        clientIndex[id] = clients.count
        schedule.add(.submits(clients.count), at: client.submitAt, tie: random.next())
        clients.append(client)
    }

    /// A client of a group was shown something.
    func countShown(_ index: Int, _ tokenCount: Int) {
        guard let group = clients[index].group, tokenCount > 0 else { return }
        let isCounted = now >= scenario.countsFrom && now < scenario.asksUntil
        if isCounted { report.shares[group].tokens += tokenCount }
        guard clients[index].firstShownAt == nil else { return }
        clients[index].firstShownAt = now
        if isCounted, let began = clients[index].startedAt {
            report.shares[group].firstTokens.append((now - began).microseconds)
        }
    }

    /// A client of a group has its answer, and asks again.
    func countEnd(_ index: Int) {
        guard let group = clients[index].group else { return }
        if now >= scenario.countsFrom, now < scenario.asksUntil {
            report.shares[group].finished += 1
            if let began = clients[index].startedAt {
                report.shares[group].wholeTimes.append((now - began).microseconds)
            }
        }
        guard now < scenario.asksUntil else { return }
        let rest = scenario.groups[group].rest.map { random.duration($0) }
        planNext(of: group, after: rest ?? random.duration(0...2_000))
    }

    func breakLink() {
        guard let breaks = scenario.breaks, now < scenario.asksUntil else { return }
        breakConnection(ConnectionID(client: NodeID("edge-0"), server: Self.coordinatorName))
        report.faults += 1
        plan(.breaksLink, after: random.duration(breaks))
    }

    func killWorker() {
        guard let deaths = scenario.deaths, now < scenario.asksUntil else { return }
        report.faults += 1
        crashAnyWorker()
        plan(.killsWorker, after: random.duration(deaths))
    }

    /// Whoever asked first goes first, among jobs of one kind; a job that comes back keeps its place.
    ///
    /// Only where nothing else decides: clocks and links differ by less than `slack`.
    func checkPlace(of lease: Lease) {
        guard scenario == .places, let index = clientIndex[lease.submission.job.id],
            let mine = clients[index].startedAt
        else { return }
        let slack = Duration.milliseconds(700)
        for other in clients where other.phase == .running && coordinator.role.isWaiting(other.job.id) {
            guard let began = other.startedAt, began + slack < mine else { continue }
            violate(
                "job \(lease.submission.job.id) of \(mine.microseconds) us was leased before "
                    + "\(other.job.id) of \(began.microseconds) us"
            )
        }
    }

    /// What the scenario promises of the whole history, for those that can be judged alone.
    func checkShares() -> [String] {
        let shares = report.shares
        func within(_ range: ClosedRange<Double>) -> [String] {
            let ratio = Double(shares[0].tokens) / Double(max(1, shares[1].tokens))
            guard !range.contains(ratio) else { return [] }
            return ["tenants got \(shares.map(\.tokens)) tokens, \(ratio) is not in \(range)"]
        }
        switch scenario {
        case .equalTenants: return within(0.9...1.1)
        case .weightedTenants: return within(2.7...3.3)
        case .everyLane:
            let total = shares.reduce(0) { $0 + $1.tokens }
            guard shares[2].tokens * 100 < total * 4 else { return [] }
            return ["the low lane got \(shares[2].tokens) of \(total) tokens"]
        case .sharedPrefixes: return checkReuse()
        case .faults, .continuation, .quietNeighbour, .loudNeighbour, .highAlone, .highOverLow, .places,
            .placement, .placementFaults:
            return []
        }
    }
}
