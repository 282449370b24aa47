public import Contract

/// Decides which waiting job is next, and keeps the books of what lanes and tenants have had.
///
/// Holds no socket, no clock, no thread: time comes in, decisions go out.
///
/// Lanes share 16 : 4 : 1 while all are backlogged, tenants within a lane by their weights; `ModelLanes` and
/// `TenantLine` say how. Jobs of different models never wait for each other, because they wait for different
/// credit. Every lane is bounded, in jobs and in bytes: a full one refuses at once, so the client hears
/// "busy" and not silence.
///
/// A decision costs O(log jobs); nothing here walks over all that wait, but what is told to people and
/// audits.
///
/// Invariant: a job is in one place at most: waiting, or held by a worker until it is settled.
public struct LaneQueue: Sendable {
    /// What is in one lane, over all models.
    struct Load: Sendable {
        var jobs = 0
        var bytes = 0
    }

    let policy: LanePolicy
    var models: [String: ModelLanes] = [:]
    /// Every waiting job.
    var jobs: [JobID: WaitingJob] = [:]
    /// The model of every job that a worker holds.
    var leased: [JobID: String] = [:]
    var loads = [Load(), Load(), Load()]
    /// Waiting jobs of each edge that has any.
    var edges: [NodeID: Set<JobID>] = [:]
    /// Waiting jobs of each tenant that has any.
    var tenantCounts: [String: Int] = [:]
    var deadlines = IndexedHeap<JobID, Due>()
    /// When jobs of the low lane move up.
    var ages = IndexedHeap<JobID, Due>()
    /// Places that a model's workers have in all.
    private var slotCounts: [String: Int] = [:]
    /// What was measured of each model.
    var paces: [String: ServicePace] = [:]
    private var nextSerial: UInt64 = 0

    /// A moment, and a number that makes it differ from all others.
    struct Due: Comparable, Sendable {
        var at: Instant
        var serial: UInt64

        static func < (left: Due, right: Due) -> Bool { (left.at, left.serial) < (right.at, right.serial) }
    }

    public init(_ policy: LanePolicy = LanePolicy()) {
        precondition(policy.quanta.count == 3 && !policy.quanta.contains(0), "each lane needs a quantum")
        self.policy = policy
    }

    public var count: Int { jobs.count }
    public var leasedCount: Int { leased.count }
    public func leasedCount(of model: String) -> Int { models[model]?.holdings.count ?? 0 }
    public func count(in lane: Lane) -> Int { loads[Int(lane.rawValue)].jobs }
    public func count(of edge: NodeID) -> Int { edges[edge]?.count ?? 0 }
    public func count(ofTenant tenant: String) -> Int { tenantCounts[tenant] ?? 0 }
    public func contains(_ job: JobID) -> Bool { jobs[job] != nil }
    public func isLeased(_ job: JobID) -> Bool { leased[job] != nil }
    /// The attempt under which a job waits; nil when it does not.
    public func waitingAttempt(of job: JobID) -> Attempt? { jobs[job]?.submission.attempt }
    /// A job that waits.
    public func waiting(_ job: JobID) -> WaitingJob? { jobs[job] }
    /// What waits for an edge, in a fixed order.
    public func jobs(of edge: NodeID) -> [WaitingJob] {
        (edges[edge] ?? []).sorted().compactMap { jobs[$0] }
    }

    /// Models with waiting jobs, in a fixed order.
    public var backlogged: [String] { models.compactMap { $0.value.hasWaiting ? $0.key : nil }.sorted() }

    // MARK: A job's way through its lane

    /// A job arrived.
    ///
    /// `mustEnter` is for one that was accepted before: it is never refused for lack of room or of time.
    public mutating func offer(_ job: WaitingJob, mustEnter: Bool, at now: Instant) throws(Refusal) {
        var job = job
        job.expected = job.service(answer: usualAnswer(of: job.tenant, job.model))
        let lane = job.submission.job.routing.lane
        if !mustEnter {
            if let full = whatFills(lane, with: job) {
                throw Refusal(
                    .laneFull,
                    "the \(lane.name) lane is full: \(full) are waiting",
                    retryAfterSeconds: secondsToClear(job.model, through: lane)
                )
            }
            if let refusal = lateness(of: job, at: now) { throw refusal }
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

    private mutating func enter(_ job: WaitingJob, _ lane: Lane) {
        var job = job
        job.lane = lane
        job.serial = nextSerial
        nextSerial += 1
        jobs[job.id] = job
        lanes(of: job.model)
        models[job.model]?.insert(job, policy)
        loads[Int(lane.rawValue)].jobs += 1
        loads[Int(lane.rawValue)].bytes += job.byteCount
        edges[job.edge, default: []].insert(job.id)
        tenantCounts[job.tenant, default: 0] += 1
        if let deadline = job.deadline { deadlines.set(job.id, to: Due(at: deadline, serial: job.serial)) }
        if lane == .low { ages.set(job.id, to: Due(at: job.agesAt(policy), serial: job.serial)) }
    }

    /// The job that is next for `model`, without taking it.
    public mutating func next(for model: String) -> WaitingJob? {
        models[model]?.next(policy).flatMap { jobs[$0] }
    }

    /// A lane's first job of a model, though it may not be the lane's turn.
    public mutating func first(for model: String, in lane: Lane) -> WaitingJob? {
        models[model]?.first(in: lane, policy).flatMap { jobs[$0] }
    }

    /// One of the few jobs of the same tenant, lane and model that come soon after one whose turn it is; none
    /// that has a deadline to keep, and none where that one has.
    ///
    /// `isWanted` is told a job's links and what it is expected to take, in tokens.
    public func neighbour(
        of job: WaitingJob,
        where isWanted: (_ links: [PromptLink], _ tokens: UInt64) -> Bool
    ) -> WaitingJob? {
        guard job.deadline == nil, let lanes = models[job.model] else { return nil }
        let found = lanes.neighbours(of: job).first { id in
            guard id != job.id, let place = jobs.index(forKey: id), jobs.values[place].deadline == nil else {
                return false
            }
            return isWanted(jobs.values[place].submission.links, jobs.values[place].expected.tokens)
        }
        return found.flatMap { jobs[$0] }
    }

    /// Tokens by which a tenant's own jobs may get ahead of the one whose turn it is, where what they begin
    /// with is there already.
    public var neighbourTokens: UInt64 { policy.neighbourTokens }

    /// A worker gets the job that `next` returned; its lane and tenant are charged for it.
    public mutating func take(_ job: WaitingJob) {
        guard let job = jobs[job.id] else { return }
        leased[job.id] = job.model
        models[job.model]?.lease(job, policy)
        forget(job)
    }

    /// Takes a job out, for whatever reason.
    @discardableResult
    public mutating func remove(_ job: JobID) -> WaitingJob? {
        guard let job = jobs[job] else { return nil }
        models[job.model]?.remove(job)
        forget(job)
        return job
    }

    private mutating func forget(_ job: WaitingJob) {
        jobs[job.id] = nil
        loads[Int(job.lane.rawValue)].jobs -= 1
        loads[Int(job.lane.rawValue)].bytes -= job.byteCount
        edges[job.edge]?.remove(job.id)
        if edges[job.edge]?.isEmpty == true { edges[job.edge] = nil }
        let left = count(ofTenant: job.tenant) - 1
        tenantCounts[job.tenant] = left > 0 ? left : nil
        deadlines.remove(job.id)
        ages.remove(job.id)
        dropIfIdle(job.model)
    }

    private mutating func lanes(of model: String) {
        guard models[model] == nil else { return }
        var lanes = ModelLanes()
        lanes.setSlots(slotCounts[model] ?? 0)
        models[model] = lanes
    }

    /// Anybody can name a model: only those that have something are remembered.
    private mutating func dropIfIdle(_ model: String) {
        if models[model]?.isIdle == true { models[model] = nil }
    }

    // MARK: A lease's end

    /// How a lease ended, for those who pay.
    public enum Settlement: Sendable {
        /// The job has had this, and ended.
        case served(Service)
        /// The job goes on elsewhere, or nobody knows what it has had: nothing is paid.
        case lost
    }

    /// A worker came with a job that it has already.
    public mutating func adopt(_ job: JobID, _ model: String, _ lane: Lane, tenant: String) {
        guard leased[job] == nil else { return }
        remove(job)
        leased[job] = model
        let holding = ModelLanes.Holding(lane: lane, tenant: tenant, expected: Service())
        lanes(of: model)
        models[model]?.hold(job, holding)
    }

    /// The worker has the job no longer: what it was charged becomes what it has had.
    public mutating func settle(_ job: JobID, _ settlement: Settlement) {
        guard let model = leased.removeValue(forKey: job) else { return }
        var real = Service()
        if case .served(let service) = settlement { real = service }
        models[model]?.settle(job, real, policy)
        dropIfIdle(model)
    }

    /// How many places a model's workers have in all, of which tenants have shares.
    ///
    /// Whoever tells knows how many models there are.
    public mutating func setSlots(_ count: Int, of model: String) {
        slotCounts[model] = count > 0 ? count : nil
        models[model]?.setSlots(count)
    }

    /// Whether a high job may take the place of a low one.
    public func mayDisplace(_ model: String) -> Bool { models[model]?.mayDisplace(policy) ?? false }

    /// The part of a worker that a low job has to leave free.
    ///
    /// None while more urgent ones wait: then the lanes share by their turns, and a part that low jobs never
    /// get would starve them.
    public func headroom(for job: WaitingJob) -> Double {
        job.lane == .low && models[job.model]?.isFirst(.low) == true ? policy.headroom : 0
    }

    /// Who holds a job.
    public func tenant(ofLeased job: JobID) -> String? {
        leased[job].flatMap { models[$0]?.holdings[job]?.tenant }
    }

    // MARK: Time

    /// The jobs whose deadline has passed; they are taken out.
    public mutating func expire(at now: Instant) -> [WaitingJob] {
        var expired: [WaitingJob] = []
        while let next = deadlines.first, next.key.at <= now, let job = remove(next.id) {
            expired.append(job)
        }
        return expired.sorted { $0.id < $1.id }
    }

    /// Low jobs that have waited past their limit move up to normal, so that no lane starves.
    public mutating func age(at now: Instant) {
        while let next = ages.first, next.key.at <= now, let job = remove(next.id) { enter(job, .normal) }
    }
}
