import Contract
import Lanes
import Testing

@Suite struct `The tenants of a lane` {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `get equal service when they are equal`(seed: UInt64) throws {
        var backlog = Backlog(seed: seed)
        for tenant in ["a", "b"] { for _ in 0..<20 { try backlog.add(.normal, tenant) } }
        try backlog.serve(tokens: 200_000)
        let served = backlog.servedByTenant
        #expect((0.9...1.1).contains(ratio(served["a"], served["b"])), "seed \(seed): \(served)")
    }

    @Test func `get equal service however many jobs one of them sends`() throws {
        var backlog = Backlog(seed: 5)
        for _ in 0..<500 { try backlog.add(.normal, "many") }
        for _ in 0..<2 { try backlog.add(.normal, "few") }
        try backlog.serve(tokens: 200_000)
        let served = backlog.servedByTenant
        #expect((0.9...1.1).contains(ratio(served["many"], served["few"])), "\(served)")
    }

    @Test func `take nothing from what they did not use while others were served`() throws {
        var backlog = Backlog(seed: 6)
        for _ in 0..<20 { try backlog.add(.normal, "busy") }
        try backlog.serve(tokens: 1_000_000)
        for _ in 0..<20 { try backlog.add(.normal, "idle") }
        try backlog.serve(tokens: 100_000)
        let served = backlog.servedByTenant
        #expect((0.9...1.1).contains(ratio(served["idle"], served["busy"])), "\(served)")
    }

    @Test func `take nothing from what they did not use while nobody waited`() throws {
        var backlog = Backlog(seed: 7)
        for _ in 0..<2000 {
            try backlog.add(.normal, "busy")
            #expect(backlog.queue.serve()?.tenant == "busy")
        }
        #expect(backlog.queue.count == 0)
        for tenant in ["idle", "busy"] { for _ in 0..<20 { try backlog.add(.normal, tenant) } }
        try backlog.serve(tokens: 100_000)
        let served = backlog.servedByTenant
        #expect((0.9...1.1).contains(ratio(served["idle"], served["busy"])), "\(served)")
    }

    @Test func `keep what they owe when they leave for a moment`() throws {
        var policy = LanePolicy()
        policy.localityTokens = 0
        var queue = LaneQueue(policy)
        try queue.enter(Offer(id: 1, tenant: "a", cost: 1000))
        for id in 2...20 { try queue.enter(Offer(id: UInt64(id), tenant: "b", cost: 100)) }
        #expect(queue.serve()?.number == 1)
        // "a" has had its 1,000 tokens; coming back at once does not wipe them out.
        try queue.enter(Offer(id: 21, tenant: "a", cost: 1000))
        #expect(queue.serveAll() == Array(2...11) + [21] + Array(12...20))
    }
}
