import Contract
import Lanes
import Testing

@Suite struct `A full lane` {
    private func full(_ capacity: Int, cost: UInt32 = 100) throws -> LaneQueue {
        var policy = LanePolicy()
        policy.capacity = capacity
        var queue = LaneQueue(policy)
        for id in 0..<capacity { try queue.enter(Offer(id: UInt64(id), cost: cost)) }
        return queue
    }

    private func refusal(_ queue: inout LaneQueue, _ offer: Offer) -> Refusal? {
        do throws(Refusal) {
            try queue.offer(offer.waiting(), mustEnter: false, at: .zero)
            return nil
        } catch {
            return error
        }
    }

    @Test func `refuses at once and says how long it is and when to come back`() throws {
        var queue = try full(3)
        let refusal = try #require(refusal(&queue, Offer(id: 9)))
        #expect(refusal.code == .laneFull)
        #expect(refusal.detail == "the normal lane is full: 3 jobs are waiting")
        // 300 tokens at the assumed 20 a second.
        #expect(refusal.retryAfterSeconds == 15)
        #expect(queue.count == 3)
        #expect(!queue.contains(JobID(high: 0, low: 9)))
        #expect(queue.audit() == [])
    }

    @Test func `names a time to come back that follows what was measured`() throws {
        var queue = try full(3)
        queue.measured("m", tokensPerSecond: 100)
        #expect(refusal(&queue, Offer(id: 9))?.retryAfterSeconds == 3)
        for _ in 0..<100 { queue.measured("m", tokensPerSecond: 400) }
        #expect(refusal(&queue, Offer(id: 9))?.retryAfterSeconds == 1)
        for nonsense in [Double.nan, .infinity, 0, -1] { queue.measured("m", tokensPerSecond: nonsense) }
        #expect(refusal(&queue, Offer(id: 9))?.retryAfterSeconds == 1)
    }

    @Test func `never names more than 300 seconds, or less than one`() throws {
        var long = try full(2, cost: .max)
        #expect(refusal(&long, Offer(id: 9))?.retryAfterSeconds == 300)
        long.measured("m", tokensPerSecond: .leastNonzeroMagnitude)
        #expect(refusal(&long, Offer(id: 9))?.retryAfterSeconds == 300)
        var other = try full(1)
        #expect(refusal(&other, Offer(id: 9, model: "idle"))?.retryAfterSeconds == 1)
    }

    @Test func `leaves the other lanes open`() throws {
        var queue = try full(1)
        #expect(refusal(&queue, Offer(id: 9, lane: .high)) == nil)
        #expect(refusal(&queue, Offer(id: 10, lane: .low)) == nil)
        #expect(refusal(&queue, Offer(id: 11)) != nil)
    }

    @Test func `takes a job that was accepted before all the same`() throws {
        var queue = try full(2)
        for id in 10..<20 as Range<UInt64> {
            let again = Offer(id: id, attempt: Attempt(rawValue: 2)).waiting()
            try queue.offer(again, mustEnter: true, at: .zero)
        }
        #expect(queue.count == 12)
        #expect(refusal(&queue, Offer(id: 99)) != nil)
        #expect(queue.audit() == [])
    }

    @Test func `counts the bytes of its prompts too`() throws {
        var policy = LanePolicy()
        policy.capacityBytes = 100
        var queue = LaneQueue(policy)
        try queue.enter(Offer(id: 1, prompt: .text(String(repeating: "x", count: 60))))
        try queue.enter(Offer(id: 2, prompt: .tokens([TokenID](repeating: 1, count: 10))))
        let refusal = try #require(refusal(&queue, Offer(id: 3, prompt: .text("x"))))
        #expect(refusal.code == .laneFull)
        #expect(refusal.detail == "the normal lane is full: 100 bytes of prompts are waiting")
        #expect(self.refusal(&queue, Offer(id: 4, lane: .high, prompt: .text("x"))) == nil)
        #expect(queue.remove(JobID(high: 0, low: 2)) != nil)
        #expect(self.refusal(&queue, Offer(id: 3, prompt: .text("x"))) == nil)
        #expect(queue.audit() == [])
    }

    @Test func `opens again with the first job that leaves`() throws {
        var queue = try full(2)
        #expect(queue.serve()?.number == 0)
        #expect(refusal(&queue, Offer(id: 9)) == nil)
    }
}
