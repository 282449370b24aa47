import Contract
import Lanes
import Testing

@Suite struct `A lane` {
    @Test func `serves a tenant's earliest deadline first, then whoever came first`() throws {
        var queue = LaneQueue()
        try queue.enter(Offer(id: 1))
        try queue.enter(Offer(id: 2, remainingMilliseconds: 9000))
        try queue.enter(Offer(id: 3))
        try queue.enter(Offer(id: 4, remainingMilliseconds: 5000))
        try queue.enter(Offer(id: 5, remainingMilliseconds: 9000))
        #expect(queue.serveAll() == [4, 2, 5, 1, 3])
    }

    @Test func `keeps places by the time waited when a coordinator begins anew`() throws {
        var queue = LaneQueue()
        let now = Instant.zero + .seconds(100)
        let waits: [UInt32] = [0, 4000, 1000, 3000, 2000]
        for (index, wait) in waits.enumerated() {
            let offer = Offer(id: UInt64(index), waitedMilliseconds: wait)
            try queue.offer(offer.waiting(at: now), mustEnter: true, at: now)
        }
        #expect(queue.serveAll() == [1, 3, 4, 2, 0])
    }

    @Test func `does not let models wait for each other`() throws {
        var queue = LaneQueue()
        for id in 1...5 { try queue.enter(Offer(id: UInt64(id), model: "busy", lane: .high)) }
        try queue.enter(Offer(id: 6, model: "free", lane: .low))
        #expect(queue.backlogged == ["busy", "free"])
        // No credit for "busy": its next job is looked at and stays.
        #expect(queue.next(for: "busy")?.number == 1)
        #expect(queue.serve("free")?.number == 6)
        #expect(queue.next(for: "free") == nil)
        #expect(queue.next(for: "busy")?.number == 1)
        #expect(queue.backlogged == ["busy"])
        #expect(queue.next(for: "nobody's") == nil)
    }

    @Test func `gives the same answer until it is taken`() throws {
        var queue = LaneQueue()
        for lane in Lane.allCases {
            try queue.enter(Offer(id: UInt64(lane.rawValue), lane: lane, cost: 50_000))
        }
        let next = queue.next(for: "m")
        let first = try #require(next)
        for _ in 0..<1000 { #expect(queue.next(for: "m") == first) }
        queue.take(first)
        #expect(queue.next(for: "m") != first)
    }

    @Test func `gives out the jobs whose deadline has passed, wherever they wait`() throws {
        var queue = LaneQueue()
        try queue.enter(Offer(id: 4, lane: .low, remainingMilliseconds: 1000))
        try queue.enter(Offer(id: 3, model: "other", remainingMilliseconds: 999))
        try queue.enter(Offer(id: 2, remainingMilliseconds: 1001))
        try queue.enter(Offer(id: 1))
        #expect(queue.expire(at: .zero + .milliseconds(998)).isEmpty)
        #expect(queue.expire(at: .zero + .seconds(1)).map(\.number) == [3, 4])
        #expect(Set(queue.waiting.map(\.number)) == [1, 2])
        #expect(queue.expire(at: .zero + .seconds(1)).isEmpty)
        #expect(queue.audit() == [])
    }

    @Test func `gives out a job once, and only one that it has`() throws {
        var queue = LaneQueue()
        try queue.enter(Offer(id: 1))
        #expect(queue.remove(JobID(high: 0, low: 2)) == nil)
        #expect(queue.remove(JobID(high: 0, low: 1))?.number == 1)
        #expect(queue.remove(JobID(high: 0, low: 1)) == nil)
        #expect(queue.next(for: "m") == nil)
        #expect(queue.audit() == [])
    }

    @Test func `remembers no model that nobody waits for`() throws {
        var queue = LaneQueue()
        for id in 0..<100 as Range<UInt64> { try queue.enter(Offer(id: id, model: "m\(id)")) }
        for id in 0..<50 as Range<UInt64> { #expect(queue.serve("m\(id)")?.number == id) }
        for id in 50..<100 as Range<UInt64> { #expect(queue.remove(JobID(high: 0, low: id)) != nil) }
        // The audit counts them.
        #expect(queue.audit() == [])
        #expect(queue.backlogged == [])
    }

    @Test func `holds a job once, under its latest attempt`() throws {
        var queue = LaneQueue()
        try queue.enter(Offer(id: 1, lane: .low))
        #expect(queue.waitingAttempt(of: JobID(high: 0, low: 1)) == .first)
        let later = Offer(id: 1, model: "other", attempt: Attempt(rawValue: 2)).waiting()
        try queue.offer(later, mustEnter: true, at: .zero)
        #expect(queue.waitingAttempt(of: JobID(high: 0, low: 1)) == Attempt(rawValue: 2))
        #expect(queue.waitingAttempt(of: JobID(high: 0, low: 2)) == nil)
        #expect(queue.count == 1)
        #expect(queue.backlogged == ["other"])
    }

    @Test func `counts an unlimited answer as expected, and what was shown of it as a part`() throws {
        var queue = LaneQueue()
        var job = Job(id: JobID(high: 0, low: 1), model: "m", prompt: .text(""))
        job.routing.estimatedPromptTokens = 100
        let submission = Submission(job: job, attempt: .first, committed: [1, 2, 3, 4])
        let waiting = WaitingJob(submission, edge: NodeID("edge"), at: .zero)
        try queue.offer(waiting, mustEnter: false, at: .zero)
        // 100 + 256 tokens at 20 a second.
        #expect(queue.positions().map(\.position.etaMilliseconds) == [17_800])
    }
}

@Suite struct `The position of a waiting job` {
    @Test func `counts better lanes first, then arrival, each model by itself`() throws {
        var queue = LaneQueue()
        try queue.enter(Offer(id: 1, lane: .low))
        try queue.enter(Offer(id: 2), at: .zero + .seconds(2))
        try queue.enter(Offer(id: 3), at: .zero + .seconds(1))
        try queue.enter(Offer(id: 4, lane: .high), at: .zero + .seconds(3))
        try queue.enter(Offer(id: 5, model: "n"), at: .zero + .seconds(4))
        let positions = queue.positions()
        #expect(positions.map(\.position.position) == [1, 2, 3, 4, 1])
        #expect(positions.map(\.position.job.low) == [4, 3, 2, 1, 5])
        #expect(positions.map(\.position.etaMilliseconds) == [5000, 10_000, 15_000, 20_000, 5000])
    }

    @Test func `comes with a waiting time that follows what was measured, up to a day`() throws {
        var queue = LaneQueue()
        try queue.enter(Offer(id: 1, cost: 1000))
        queue.measured("m", tokensPerSecond: 1000)
        #expect(queue.positions().map(\.position.etaMilliseconds) == [1000])
        queue.measured("m", tokensPerSecond: 500)
        #expect(queue.positions().map(\.position.etaMilliseconds) == [1111])
        try queue.enter(Offer(id: 2, cost: .max))
        #expect(queue.positions().last?.position.etaMilliseconds == 86_400_000)
    }
}
