public import Contract

/// Decides which waiting job is next.
///
/// Holds no socket, no clock, no thread: time comes in, decisions go out.
///
/// Lanes share by deficit round robin in tokens of service, 16 : 4 : 1 while all are backlogged, work
/// conserving. Jobs of different models never wait for each other, because they wait for different credit.
/// Every lane is bounded, in jobs and in bytes: a full one refuses at once, so the client hears "busy" and
/// not silence.
///
/// Invariant: `places` names every waiting job exactly once, and `models` only those that somebody waits for.
public struct LaneQueue: Sendable {
    /// One model's three lanes.
    struct ModelLanes: Sendable {
        var lanes: [TenantLine] = [TenantLine(), TenantLine(), TenantLine()]
        var deficits: [UInt64] = [0, 0, 0]
        /// Whose turn it is.
        var turn = 0
        /// Whether `turn` got its quantum in this round.
        var replenished = false

        var isEmpty: Bool { lanes.allSatisfy(\.isEmpty) }
    }

    private struct Place: Sendable {
        var model: String
        var lane: Lane
        var tenant: String
    }

    /// What is in one lane, over all models.
    private struct Load: Sendable {
        var jobs = 0
        var bytes = 0
    }

    private let policy: LanePolicy
    private var models: [String: ModelLanes] = [:]
    private var places: [JobID: Place] = [:]
    private var loads = [Load(), Load(), Load()]
    /// Waiting jobs of each edge that has any.
    private var edgeCounts: [NodeID: Int] = [:]
    /// Measured tokens per second of each model, smoothed.
    private var rates: [String: Double] = [:]
    private var nextSerial: UInt64 = 0

    public init(_ policy: LanePolicy = LanePolicy()) {
        precondition(policy.quanta.count == 3 && !policy.quanta.contains(0), "each lane needs a quantum")
        self.policy = policy
    }

    public var count: Int { places.count }
    public func count(in lane: Lane) -> Int { loads[Int(lane.rawValue)].jobs }
    public func count(of edge: NodeID) -> Int { edgeCounts[edge] ?? 0 }
    public func contains(_ job: JobID) -> Bool { places[job] != nil }
    /// The attempt under which a job waits; nil when it does not.
    public func waitingAttempt(of job: JobID) -> Attempt? {
        guard let place = places[job] else { return nil }
        return models[place.model]?.lanes[Int(place.lane.rawValue)].find(job, of: place.tenant)?.submission
            .attempt
    }

    /// Models with waiting jobs, in a fixed order.
    public var backlogged: [String] { models.keys.sorted() }

    /// A job arrived.
    ///
    /// `mustEnter` is for one that was accepted before: it is never refused for lack of room.
    public mutating func offer(_ job: WaitingJob, mustEnter: Bool) throws(Refusal) {
        let lane = job.submission.job.routing.lane
        if !mustEnter, let full = whatFills(lane, with: job) {
            let seconds = secondsToClear(job.model, through: lane)
            throw Refusal(
                .laneFull,
                "the \(lane.name) lane is full: \(full) are waiting",
                retryAfterSeconds: seconds
            )
        }
        remove(job.id)
        enter(job, lane)
    }

    /// What leaves no room for a job, in words; nil when there is room.
    private func whatFills(_ lane: Lane, with job: WaitingJob) -> String? {
        let load = loads[Int(lane.rawValue)]
        if load.jobs >= policy.capacity { return "\(load.jobs) jobs" }
        return load.bytes + job.byteCount > policy.capacityBytes ? "\(load.bytes) bytes of prompts" : nil
    }

    /// The job that is next for `model`, without taking it.
    public mutating func next(for model: String) -> WaitingJob? {
        guard var lanes = models[model], !lanes.isEmpty else { return nil }
        defer { models[model] = lanes }
        while true {
            for _ in 0..<3 {
                if let job = turn(&lanes) { return job }
            }
            skipRounds(&lanes)
        }
    }

    /// One lane's turn: its first job if it can pay for it; else the turn passes on.
    private func turn(_ lanes: inout ModelLanes) -> WaitingJob? {
        let turn = lanes.turn
        if let head = lanes.lanes[turn].head {
            if !lanes.replenished {
                lanes.deficits[turn] += policy.quanta[turn]
                lanes.replenished = true
            }
            if lanes.deficits[turn] >= head.cost { return head }
        } else {
            // An empty lane saves nothing up.
            lanes.deficits[turn] = 0
        }
        lanes.turn = (turn + 1) % 3
        lanes.replenished = false
        return nil
    }

    /// Goes at once through all the rounds in which no lane could pay for its first job: finding a large job
    /// takes no longer than finding a small one.
    private func skipRounds(_ lanes: inout ModelLanes) {
        var rounds = UInt64.max
        for lane in 0..<3 {
            guard let head = lanes.lanes[lane].head else { continue }
            guard head.cost > lanes.deficits[lane] else { return }
            rounds = min(rounds, (head.cost - lanes.deficits[lane] - 1) / policy.quanta[lane])
        }
        for lane in 0..<3 where !lanes.lanes[lane].isEmpty {
            lanes.deficits[lane] += rounds * policy.quanta[lane]
        }
    }

    /// Takes the job that `next` returned, and charges its lane and tenant for it.
    public mutating func take(_ job: WaitingJob) {
        let lane = Int(job.lane.rawValue)
        if let deficit = models[job.model]?.deficits[lane] {
            models[job.model]?.deficits[lane] = deficit - min(deficit, job.cost)
        }
        models[job.model]?.lanes[lane].charge(job.tenant, job.cost)
        remove(job.id)
    }

    /// Takes a job out, for whatever reason.
    @discardableResult
    public mutating func remove(_ job: JobID) -> WaitingJob? {
        guard let place = places.removeValue(forKey: job) else { return nil }
        let lane = Int(place.lane.rawValue)
        guard let removed = models[place.model]?.lanes[lane].remove(job, of: place.tenant) else { return nil }
        loads[lane].jobs -= 1
        loads[lane].bytes -= removed.byteCount
        let left = count(of: removed.edge) - 1
        edgeCounts[removed.edge] = left > 0 ? left : nil
        // Anybody can name a model: only those that are waited for are remembered.
        if models[place.model]?.isEmpty == true { models[place.model] = nil }
        return removed
    }

    /// The jobs whose deadline has passed; they are taken out.
    public mutating func expire(at now: Instant) -> [WaitingJob] {
        var expired: [WaitingJob] = []
        for lanes in models.values {
            for line in lanes.lanes where line.contains(where: { $0.deadline.map { $0 <= now } ?? false }) {
                expired += line.inOrder.filter { $0.deadline.map { $0 <= now } ?? false }
            }
        }
        for job in expired { remove(job.id) }
        return expired.sorted { $0.id < $1.id }
    }

    /// Low jobs that have waited past their limit move up to normal, so that no lane starves.
    public mutating func age(at now: Instant) {
        let low = Int(Lane.low.rawValue)
        for model in models.keys.sorted() {
            guard let line = models[model]?.lanes[low] else { continue }
            // Sorting them is only worth it when there is one.
            guard line.contains(where: { now - $0.arrival >= policy.lowMaxWait }) else { continue }
            for job in line.inOrder where now - job.arrival >= policy.lowMaxWait {
                guard let aged = remove(job.id) else { continue }
                enter(aged, .normal)
            }
        }
    }

    /// Everything that waits, in a fixed order.
    public var waiting: [WaitingJob] {
        models.keys.sorted().flatMap { model in (models[model]?.lanes ?? []).flatMap(\.inOrder) }
    }

    // MARK: Estimates

    /// What a model served in a second; feeds the waiting times that clients are told.
    ///
    /// Kept for every model that it is told of: whoever measures knows how many there are.
    public mutating func measured(_ model: String, tokensPerSecond: Double) {
        guard tokensPerSecond.isFinite, tokensPerSecond > 0 else { return }
        let before = rates[model] ?? tokensPerSecond
        rates[model] = before + 0.2 * (tokensPerSecond - before)
    }

    private func rate(of model: String) -> Double { rates[model] ?? policy.assumedRate }

    /// Where every waiting job stands: jobs of better lanes first, then arrival.
    ///
    /// An estimate for people; the real order also depends on shares.
    public func positions() -> [(job: WaitingJob, position: QueuePosition)] {
        var found: [(job: WaitingJob, position: QueuePosition)] = []
        for model in models.keys.sorted() {
            guard let lanes = models[model] else { continue }
            var ahead: UInt64 = 0
            var position: UInt32 = 0
            for job in lanes.lanes.flatMap(\.inOrder) {
                position += 1
                ahead += job.cost
                let milliseconds = Double(ahead) / rate(of: model) * 1000
                let eta = UInt32(min(milliseconds, 86_400_000))
                found.append((job, QueuePosition(job: job.id, position: position, etaMilliseconds: eta)))
            }
        }
        return found
    }

    /// Seconds until the lanes up to `lane` have been served, for Retry-After: 1 to 300.
    public func secondsToClear(_ model: String, through lane: Lane) -> UInt32 {
        guard let lanes = models[model] else { return 1 }
        let tokens = lanes.lanes[...Int(lane.rawValue)].reduce(UInt64(0)) { $0 + $1.tokens }
        return UInt32(min(300, max(1, (Double(tokens) / rate(of: model)).rounded(.up))))
    }

    // MARK: Audit

    /// Whatever is inconsistent, in words; empty when all is well.
    public func audit() -> [String] {
        let lines = models.values.flatMap(\.lanes)
        let total = lines.reduce(0) { $0 + $1.count }
        var found: [String] = []
        if total != places.count { found.append("\(total) jobs in lanes, \(places.count) places") }
        let waiting = waiting
        if loads.reduce(0, { $0 + $1.jobs }) != total { found.append("loads \(loads) for \(total) jobs") }
        if loads.reduce(0, { $0 + $1.bytes }) != waiting.reduce(0, { $0 + $1.byteCount }) {
            found.append("bytes of \(loads)")
        }
        if edgeCounts != Dictionary(grouping: waiting, by: \.edge).mapValues(\.count) {
            found.append("counts of edges \(edgeCounts)")
        }
        if lines.reduce(0, { $0 + $1.tokens }) != waiting.reduce(0, { $0 + $1.cost }) {
            found.append("tokens of the lines")
        }
        if models.values.contains(where: \.isEmpty) { found.append("a model that nobody waits for") }
        if Set(waiting.map(\.id)).count != total { found.append("a job waits twice") }
        return found
    }

    private mutating func enter(_ job: WaitingJob, _ lane: Lane) {
        var job = job
        job.lane = lane
        job.serial = nextSerial
        job.cost = job.expectedCost(answer: policy.expectedAnswerTokens)
        nextSerial += 1
        models[job.model, default: ModelLanes()].lanes[Int(lane.rawValue)].insert(job)
        places[job.id] = Place(model: job.model, lane: lane, tenant: job.tenant)
        loads[Int(lane.rawValue)].jobs += 1
        loads[Int(lane.rawValue)].bytes += job.byteCount
        edgeCounts[job.edge, default: 0] += 1
    }
}
