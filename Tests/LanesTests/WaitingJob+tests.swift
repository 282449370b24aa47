import Contract
import Lanes
import TestSupport

/// What a test says of a job; everything else does not matter to a lane.
struct Offer {
    var id: UInt64
    var model = "m"
    var lane = Lane.normal
    var tenant = "default"
    var attempt = Attempt.first
    /// Tokens of service, all told.
    var cost: UInt32 = 100
    var waitedMilliseconds: UInt32 = 0
    var remainingMilliseconds: UInt32?
    var prompt = Prompt.text("")

    func waiting(at now: Instant = .zero) -> WaitingJob {
        var job = Job(id: JobID(high: 0, low: id), model: model, prompt: prompt)
        job.limits.maxTokens = 0
        job.routing.lane = lane
        job.routing.tenant = tenant
        job.routing.estimatedPromptTokens = cost
        let submission = Submission(
            job: job,
            attempt: attempt,
            remainingMilliseconds: remainingMilliseconds,
            waitedMilliseconds: waitedMilliseconds
        )
        return WaitingJob(submission, edge: NodeID("edge"), at: now)
    }
}

extension WaitingJob {
    var number: UInt64 { id.low }
    var costTokens: UInt64 { UInt64(submission.job.routing.estimatedPromptTokens) }
}

extension LaneQueue {
    /// Offers a job that there must be room for.
    mutating func enter(_ offer: Offer, at now: Instant = .zero) throws {
        try self.offer(offer.waiting(at: now), mustEnter: false, at: now)
    }

    /// The next job, taken.
    mutating func serve(_ model: String = "m") -> WaitingJob? {
        guard let job = next(for: model) else { return nil }
        take(job)
        return job
    }

    /// Everything that can be served, in that order.
    mutating func serveAll(_ model: String = "m") -> [UInt64] {
        var order: [UInt64] = []
        while let job = serve(model) { order.append(job.number) }
        return order
    }
}

/// Keeps a queue backlogged: whatever is served is followed by another of its kind.
struct Backlog {
    var queue: LaneQueue
    var random: SplitMix64
    private var lastID: UInt64 = 0
    /// Tokens of service, by lane and by tenant.
    private(set) var servedByLane: [Lane: UInt64] = [:]
    private(set) var servedByTenant: [String: UInt64] = [:]

    init(_ policy: LanePolicy = LanePolicy(), seed: UInt64) {
        queue = LaneQueue(policy)
        random = SplitMix64(seed: seed)
    }

    mutating func add(_ lane: Lane, _ tenant: String = "default", cost: ClosedRange<UInt32> = 1...600) throws
    {
        lastID += 1
        let tokens = UInt32.random(in: cost, using: &random)
        try queue.enter(Offer(id: lastID, lane: lane, tenant: tenant, cost: tokens))
    }

    /// Serves until so many tokens went out, each job followed by another of the same lane and tenant.
    mutating func serve(tokens: UInt64, cost: ClosedRange<UInt32> = 1...600) throws {
        servedByLane = [:]
        servedByTenant = [:]
        var total: UInt64 = 0
        while total < tokens, let job = queue.serve() {
            total += job.costTokens
            servedByLane[job.lane, default: 0] += job.costTokens
            servedByTenant[job.tenant, default: 0] += job.costTokens
            try add(job.lane, job.tenant, cost: cost)
        }
    }
}

/// How many times `other` goes into `one`.
func ratio(_ one: UInt64?, _ other: UInt64?) -> Double { Double(one ?? 0) / Double(max(1, other ?? 0)) }
