internal import Contract

/// One model's three lanes, and who holds the places of its workers.
///
/// Lanes share by deficit round robin in tokens of service, work conserving. What a job was charged is
/// corrected when it ends: lanes and tenants pay for what they had, not for what they asked for.
///
/// Invariant: what tenants hold is what was leased and not settled.
struct ModelLanes: Sendable {
    /// A job that a worker has.
    struct Holding: Sendable {
        var lane: Lane
        var tenant: String
        /// What it was charged; nothing for one that came along with its worker.
        var expected: Service
    }

    private(set) var lines = [TenantLine(), TenantLine(), TenantLine()]
    private var deficits: [Int64] = [0, 0, 0]
    /// Whose turn it is.
    private var turn = 0
    /// Whether `turn` got its quantum in this round.
    private var replenished = false
    private(set) var holdings: [JobID: Holding] = [:]
    /// Leases by tenant, in all lanes.
    private(set) var held: [String: Int] = [:]
    /// Leases by lane.
    private var heldCounts = [0, 0, 0]
    /// Places that the workers have in all; 0 while nobody knows.
    private(set) var slotCount = 0

    var hasWaiting: Bool { lines.contains { !$0.isEmpty } }
    /// Whether there is nothing to remember: what was served when nobody waited was taken from nobody.
    var isIdle: Bool { holdings.isEmpty && !hasWaiting }
    /// What all that wait are expected to cost.
    var tokens: UInt64 { lines.reduce(0) { $0 + $1.tokens } }

    mutating func setSlots(_ count: Int) {
        guard count != slotCount else { return }
        slotCount = count
        for lane in lines.indices { lines[lane].reconsiderAll() }
    }

    mutating func insert(_ job: WaitingJob, _ policy: LanePolicy) {
        lines[Int(job.lane.rawValue)].insert(job, weight: policy.policy(of: job.tenant).weight)
    }

    mutating func remove(_ job: WaitingJob) { lines[Int(job.lane.rawValue)].remove(job) }

    // MARK: Whose turn it is

    /// The job that is next, without taking it.
    mutating func next(_ policy: LanePolicy) -> JobID? {
        guard hasWaiting else { return nil }
        while true {
            for _ in 0..<3 {
                if let job = takeTurn(policy) { return job }
            }
            skipRounds(policy)
        }
    }

    /// A lane's first job, whoever's turn it is; a lane that is served out of turn pays with later turns.
    mutating func first(in lane: Lane, _ policy: LanePolicy) -> JobID? {
        head(of: Int(lane.rawValue), policy)?.job
    }

    /// Jobs of the same tenant and lane that come soon after this one.
    func neighbours(of job: WaitingJob) -> [JobID] { lines[Int(job.lane.rawValue)].firstJobs(of: job.tenant) }

    private mutating func head(of lane: Int, _ policy: LanePolicy) -> TenantLine.Head? {
        let (held, slotCount, weights) = (held, slotCount, lines[lane].activeWeight)
        return lines[lane].head(within: policy.localityTokens * 1000) { tenant in
            guard slotCount > 0, let count = held[tenant] else { return false }
            return count >= policy.policy(of: tenant).cap(of: slotCount, among: weights)
        }
    }

    /// One lane's turn: its first job if it can pay for it; else the turn passes on.
    private mutating func takeTurn(_ policy: LanePolicy) -> JobID? {
        if let head = head(of: turn, policy) {
            if !replenished {
                deficits[turn] += Int64(clamping: policy.quanta[turn])
                replenished = true
            }
            if deficits[turn] >= Int64(clamping: head.cost) { return head.job }
        } else {
            // An empty lane saves nothing up, and owes nothing.
            deficits[turn] = 0
        }
        turn = (turn + 1) % 3
        replenished = false
        return nil
    }

    /// Goes at once through all the rounds in which no lane could pay for its first job: finding a large job
    /// takes no longer than finding a small one.
    private mutating func skipRounds(_ policy: LanePolicy) {
        var rounds = Int64.max
        for lane in 0..<3 {
            guard let head = head(of: lane, policy) else { continue }
            let lacking = Int64(clamping: head.cost) - deficits[lane]
            guard lacking > 0 else { return }
            rounds = min(rounds, (lacking - 1) / Int64(clamping: policy.quanta[lane]))
        }
        for lane in 0..<3 where !lines[lane].isEmpty {
            deficits[lane] += rounds * Int64(clamping: policy.quanta[lane])
        }
    }

    // MARK: What is held

    /// A worker gets the job: its lane and its tenant are charged with what it is expected to take.
    mutating func lease(_ job: WaitingJob, _ policy: LanePolicy) {
        let lane = Int(job.lane.rawValue)
        deficits[lane] -= Int64(clamping: job.cost)
        let price = policy.policy(of: job.tenant).counted(job.expected.price)
        lines[lane].charge(job.tenant, price)
        hold(job.id, Holding(lane: job.lane, tenant: job.tenant, expected: job.expected))
        remove(job)
    }

    /// A job that is held already keeps its charge.
    mutating func hold(_ job: JobID, _ holding: Holding) {
        guard holdings[job] == nil else { return }
        holdings[job] = holding
        held[holding.tenant, default: 0] += 1
        heldCounts[Int(holding.lane.rawValue)] += 1
    }

    /// The lease is over, and `real` is what the job has had.
    @discardableResult
    mutating func settle(_ job: JobID, _ real: Service, _ policy: LanePolicy) -> Holding? {
        guard let holding = holdings.removeValue(forKey: job) else { return nil }
        let left = held[holding.tenant, default: 1] - 1
        held[holding.tenant] = left > 0 ? left : nil
        heldCounts[Int(holding.lane.rawValue)] -= 1
        for lane in lines.indices { lines[lane].reconsider(holding.tenant) }
        let lane = Int(holding.lane.rawValue)
        let tenant = policy.policy(of: holding.tenant)
        let (expected, price) = (tenant.counted(holding.expected.price), tenant.counted(real.price))
        lines[lane].correct(holding.tenant, from: expected, to: price)
        if !lines[lane].isEmpty {
            deficits[lane] += Int64(clamping: holding.expected.tokens) - Int64(clamping: real.tokens)
        }
        return holding
    }

    /// Whether a high job may take a low one's place: as long as high ones have fewer than their lane's part
    /// of all places, so that under a flood of them the lanes share as ever.
    func mayDisplace(_ policy: LanePolicy) -> Bool {
        let busy = lines.indices.filter { !lines[$0].isEmpty || heldCounts[$0] > 0 || $0 == 0 }
        let quanta = busy.reduce(0) { $0 + Double(policy.quanta[$1]) }
        return Double(heldCounts[0]) < Double(slotCount) * Double(policy.quanta[0]) / quanta
    }

    /// Whether nothing more urgent waits.
    func isFirst(_ lane: Lane) -> Bool { lines[..<Int(lane.rawValue)].allSatisfy(\.isEmpty) }

    // MARK: Estimates

    /// Tokens that will be served before a job that comes now, as far as its lane's and its tenant's part
    /// let it; never more than all that wait.
    func tokensAhead(of job: WaitingJob, _ policy: LanePolicy) -> Double {
        let lane = Int(job.lane.rawValue)
        let backlogged = lines.indices.filter { !lines[$0].isEmpty || $0 == lane }
        let quanta = backlogged.reduce(0) { $0 + Double(policy.quanta[$1]) }
        let mine = policy.policy(of: job.tenant).weight
        let weights = lines[lane].activeWeight(with: job.tenant, mine)
        let part = Double(policy.quanta[lane]) / quanta * mine / weights
        let own = lines[lane].tokensAhead(of: job.tenant, due: job.deadline ?? .distantFuture)
        return min(Double(tokens), Double(own) / part)
    }

    func audit() -> [String] {
        var found = lines.flatMap { $0.audit() }
        let counts = Dictionary(grouping: holdings.values, by: \.tenant).mapValues(\.count)
        let lanes = Lane.allCases.map { lane in holdings.values.count { $0.lane == lane } }
        if lanes != heldCounts { found.append("lanes hold \(heldCounts), really \(lanes)") }
        if counts != held { found.append("tenants hold \(held), really \(counts)") }
        return found
    }
}
