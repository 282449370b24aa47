public import Contract

/// Decides which waiting job is next.
///
/// Holds no socket, no clock, no thread: time comes in, decisions go out.
///
/// Lanes share by deficit round robin in tokens of service, 16 : 4 : 1 while all are backlogged, work
/// conserving. Jobs of different models never wait for each other, because they wait for different credit.
/// Every lane is bounded: a full one refuses at once, so the client hears "busy" and not silence.
///
/// Invariant: `places` names every waiting job exactly once.
public struct LaneQueue: Sendable {
    /// One model's three lanes.
    struct ModelLanes: Sendable {
        var lanes: [TenantLine] = [TenantLine(), TenantLine(), TenantLine()]
        var deficits: [UInt64] = [0, 0, 0]
        /// Whose turn it is.
        var turn = 0
        /// Whether `turn` got its quantum in this round.
        var replenished = false
        /// Measured tokens per second, smoothed.
        var rate: Double?

        var isEmpty: Bool { lanes.allSatisfy(\.isEmpty) }
    }

    private struct Place: Sendable {
        var model: String
        var lane: Lane
        var tenant: String
    }

    private let policy: LanePolicy
    private var models: [String: ModelLanes] = [:]
    private var places: [JobID: Place] = [:]
    private var counts = [0, 0, 0]
    private var nextSerial: UInt64 = 0

    public init(_ policy: LanePolicy = LanePolicy()) {
        precondition(policy.quanta.count == 3 && !policy.quanta.contains(0), "each lane needs a quantum")
        self.policy = policy
    }

    public var count: Int { places.count }
    public func count(in lane: Lane) -> Int { counts[Int(lane.rawValue)] }
    public func contains(_ job: JobID) -> Bool { places[job] != nil }
    /// The attempt under which a job waits; nil when it does not.
    public func waitingAttempt(of job: JobID) -> Attempt? {
        guard let place = places[job] else { return nil }
        return models[place.model]?.lanes[Int(place.lane.rawValue)].find(job, of: place.tenant)?.submission
            .attempt
    }

    /// Models with waiting jobs, in a fixed order.
    public var backlogged: [String] { models.filter { !$0.value.isEmpty }.keys.sorted() }

    /// A job arrived.
    ///
    /// `mustEnter` is for one that was accepted before: it is never refused for lack of room.
    public mutating func offer(_ job: WaitingJob, mustEnter: Bool) throws(Refusal) {
        let lane = job.submission.job.routing.lane
        let waiting = counts[Int(lane.rawValue)]
        guard mustEnter || waiting < policy.capacity else {
            let seconds = secondsToClear(job.model, through: lane)
            let detail = "the \(lane.name) lane is full: \(waiting) jobs are waiting"
            throw Refusal(.laneFull, detail, retryAfterSeconds: seconds)
        }
        remove(job.id)
        enter(job, lane)
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
            if lanes.deficits[turn] >= head.cost(expectedAnswer: policy.expectedAnswerTokens) { return head }
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
            let cost = head.cost(expectedAnswer: policy.expectedAnswerTokens)
            guard cost > lanes.deficits[lane] else { return }
            rounds = min(rounds, (cost - lanes.deficits[lane] - 1) / policy.quanta[lane])
        }
        for lane in 0..<3 where !lanes.lanes[lane].isEmpty {
            lanes.deficits[lane] += rounds * policy.quanta[lane]
        }
    }

    /// Takes the job that `next` returned, and charges its lane and tenant for it.
    public mutating func take(_ job: WaitingJob) {
        let cost = job.cost(expectedAnswer: policy.expectedAnswerTokens)
        let lane = Int(job.lane.rawValue)
        if let deficit = models[job.model]?.deficits[lane] {
            models[job.model]?.deficits[lane] = deficit - min(deficit, cost)
        }
        models[job.model]?.lanes[lane].charge(job.tenant, cost)
        remove(job.id)
    }

    /// Takes a job out, for whatever reason.
    @discardableResult
    public mutating func remove(_ job: JobID) -> WaitingJob? {
        guard let place = places.removeValue(forKey: job) else { return nil }
        counts[Int(place.lane.rawValue)] -= 1
        return models[place.model]?.lanes[Int(place.lane.rawValue)].remove(job, of: place.tenant)
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
            guard let line = models[model]?.lanes[low], !line.isEmpty else { continue }
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

    /// A model served `tokens` in `span`; feeds the waiting times that clients are told.
    public mutating func measured(_ model: String, tokensPerSecond: Double) {
        guard tokensPerSecond.isFinite, tokensPerSecond > 0 else { return }
        let before = models[model]?.rate ?? tokensPerSecond
        models[model, default: ModelLanes()].rate = before + 0.2 * (tokensPerSecond - before)
    }

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
                ahead += job.cost(expectedAnswer: policy.expectedAnswerTokens)
                let milliseconds = Double(ahead) / (lanes.rate ?? policy.assumedRate) * 1000
                let eta = UInt32(min(milliseconds, 86_400_000))
                found.append((job, QueuePosition(job: job.id, position: position, etaMilliseconds: eta)))
            }
        }
        return found
    }

    /// Seconds until the lanes up to `lane` have been served, for Retry-After: 1 to 300.
    public func secondsToClear(_ model: String, through lane: Lane) -> UInt32 {
        guard let lanes = models[model] else { return 1 }
        let jobs = lanes.lanes[...Int(lane.rawValue)].flatMap(\.inOrder)
        let tokens = jobs.reduce(UInt64(0)) { $0 + $1.cost(expectedAnswer: policy.expectedAnswerTokens) }
        return UInt32(min(300, max(1, (Double(tokens) / (lanes.rate ?? policy.assumedRate)).rounded(.up))))
    }

    // MARK: Audit

    /// Whatever is inconsistent, in words; empty when all is well.
    public func audit() -> [String] {
        let lines = models.values.flatMap(\.lanes)
        let total = lines.reduce(0) { $0 + $1.count }
        var found: [String] = []
        if total != places.count { found.append("\(total) jobs in lanes, \(places.count) places") }
        if counts.reduce(0, +) != total { found.append("lane counts \(counts) for \(total) jobs") }
        if Set(waiting.map(\.id)).count != total { found.append("a job waits twice") }
        return found
    }

    private mutating func enter(_ job: WaitingJob, _ lane: Lane) {
        var job = job
        job.lane = lane
        job.serial = nextSerial
        nextSerial += 1
        models[job.model, default: ModelLanes()].lanes[Int(lane.rawValue)].insert(job)
        places[job.id] = Place(model: job.model, lane: lane, tenant: job.tenant)
        counts[Int(lane.rawValue)] += 1
    }
}
