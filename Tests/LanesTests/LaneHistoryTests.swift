import Contract
import Lanes
import TestSupport
import Testing

@Suite struct `Any history of a lane queue` {
    /// Split in two so that they run side by side.
    @Test(arguments: [0..<5000, 5000..<10_000] as [Range<UInt64>])
    func `keeps its books, 10,000 times`(seeds: Range<UInt64>) {
        for seed in seeds {
            var history = LaneHistory(seed: seed)
            if let problem = history.play(steps: 16) {
                Issue.record("seed \(seed): \(problem)")
                return
            }
        }
    }
}

/// Does whatever a seed says to a small queue, and keeps its own list of what must be in it.
private struct LaneHistory {
    private static let models = ["m", "n"]
    private static let tenants = ["a", "b", "c"]
    private static let capacity = 4

    private struct Entry {
        var job: WaitingJob
        var lane: Lane
    }

    private var random: SplitMix64
    private var queue: LaneQueue
    private var entries: [JobID: Entry] = [:]
    private var now = Instant.zero
    private var lastID: UInt64 = 0

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        var policy = LanePolicy()
        policy.capacity = Self.capacity
        policy.quanta = [64, 16, 4]
        policy.lowMaxWait = .seconds(3)
        queue = LaneQueue(policy)
    }

    /// The first thing that was wrong, in words.
    mutating func play(steps: Int) -> String? {
        for _ in 0..<steps {
            now = now + .milliseconds(Int64.random(in: 0...500, using: &random))
            if let problem = act() ?? compare() { return problem }
        }
        return nil
    }

    private mutating func act() -> String? {
        switch random.next() % 10 {
        case 0...4: offer()
        case 5, 6: serve()
        case 7: removeOne()
        case 8: expire()
        default: age()
        }
    }

    private func count(in lane: Lane) -> Int { entries.values.count { $0.lane == lane } }

    private mutating func offer() -> String? {
        let again = entries.values.map(\.job).min { $0.id < $1.id }
        var offer = Offer(id: lastID + 1)
        if let again, random.next() % 4 == 0 {
            offer.id = again.number
            offer.attempt = again.submission.attempt.next
        }
        lastID += 1
        offer.model = Self.models[Int(random.next() % 2)]
        offer.tenant = Self.tenants[Int(random.next() % 3)]
        offer.lane = Lane.allCases[Int(random.next() % 3)]
        offer.cost = UInt32.random(in: 0...100, using: &random)
        offer.waitedMilliseconds = UInt32.random(in: 0...1000, using: &random)
        if random.next() % 3 == 0 {
            offer.remainingMilliseconds = UInt32.random(in: 0...2000, using: &random)
        }
        let mustEnter = offer.attempt > .first || random.next() % 4 == 0
        let job = offer.waiting(at: now)
        let mayEnter = mustEnter || count(in: offer.lane) < Self.capacity
        do throws(Refusal) {
            try queue.offer(job, mustEnter: mustEnter, at: now)
            guard mayEnter else { return "a full lane took a job" }
            entries[job.id] = Entry(job: job, lane: offer.lane)
        } catch {
            guard !mayEnter, error.code == .laneFull else { return "refused with room: \(error)" }
        }
        return nil
    }

    private mutating func serve() -> String? {
        let model = Self.models[Int(random.next() % 2)]
        let mine = entries.values.filter { $0.job.model == model }
        guard let job = queue.next(for: model) else {
            return mine.isEmpty ? nil : "\(mine.count) jobs wait and none is next"
        }
        guard let entry = entries[job.id], entry.job.model == model else { return "\(job.id) is not waiting" }
        // Nobody of the same tenant and lane is more urgent.
        let urgency = { (job: WaitingJob) in (job.deadline ?? .distantFuture, job.arrival) }
        let passed = mine.contains {
            $0.lane == entry.lane && $0.job.tenant == job.tenant && urgency($0.job) < urgency(job)
        }
        if passed { return "\(job.id) was served before one that is more urgent" }
        guard random.next() % 4 != 0 else { return nil }
        queue.take(job)
        entries[job.id] = nil
        return nil
    }

    private mutating func removeOne() -> String? {
        let id = JobID(high: 0, low: UInt64.random(in: 0...lastID, using: &random))
        let removed = queue.remove(id)
        return removed?.id == entries.removeValue(forKey: id)?.job.id ? nil : "\(id) was removed wrongly"
    }

    private mutating func expire() -> String? {
        let now = now
        let due = entries.values.filter { $0.job.deadline.map { $0 <= now } ?? false }.map(\.job.id).sorted()
        for id in due { entries[id] = nil }
        let expired = queue.expire(at: now).map(\.id)
        return expired == due ? nil : "\(expired) expired instead of \(due)"
    }

    private mutating func age() -> String? {
        queue.age(at: now)
        for (id, entry) in entries where entry.lane == .low {
            let left = entry.job.deadline.map { ($0 - entry.job.arrival).microseconds } ?? .max
            let limit = min(3_000_000, max(0, left) / 2)
            if (now - entry.job.arrival).microseconds >= limit { entries[id]?.lane = .normal }
        }
        return nil
    }

    private func compare() -> String? {
        if let problem = queue.audit().first { return problem }
        let waiting = queue.waiting
        guard Set(waiting.map(\.id)) == Set(entries.keys) else { return "the wrong jobs wait" }
        guard waiting.count == queue.count, queue.count == entries.count else {
            return "count \(queue.count)"
        }
        for lane in Lane.allCases where queue.count(in: lane) != count(in: lane) { return "count of \(lane)" }
        for job in waiting {
            guard let entry = entries[job.id], queue.contains(job.id) else { return "\(job.id) is not known" }
            guard job.lane == entry.lane, job.submission == entry.job.submission else {
                return "\(job.id) changed"
            }
            guard queue.waitingAttempt(of: job.id) == job.submission.attempt else {
                return "attempt of \(job.id)"
            }
        }
        let positions = queue.positions()
        guard positions.map(\.position.job) == waiting.map(\.id) else { return "positions" }
        return nil
    }
}
