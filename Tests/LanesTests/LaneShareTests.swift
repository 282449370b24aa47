import Contract
import Lanes
import Testing

@Suite struct `The lanes of a model` {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `share 16 : 4 : 1 in tokens of service while all are backlogged`(seed: UInt64) throws {
        var backlog = Backlog(seed: seed)
        for lane in Lane.allCases {
            for _ in 0..<20 { try backlog.add(lane) }
        }
        try backlog.serve(tokens: 1_500_000)
        let served = backlog.servedByLane
        #expect((14.4...17.6).contains(ratio(served[.high], served[.low])), "seed \(seed): \(served)")
        #expect((3.6...4.4).contains(ratio(served[.normal], served[.low])), "seed \(seed): \(served)")
    }

    @Test func `share by tokens and not by jobs`() throws {
        var queue = LaneQueue()
        var served: [Lane: UInt64] = [:]
        var lastID: UInt64 = 0
        func cost(_ lane: Lane) -> UInt32 { lane == .high ? 1000 : 10 }
        func next(_ lane: Lane) -> Offer {
            lastID += 1
            return Offer(id: lastID, lane: lane, cost: cost(lane))
        }
        for lane in Lane.allCases { for _ in 0..<5 { try queue.enter(next(lane)) } }
        for _ in 0..<20_000 {
            let head = queue.serve()
            let job = try #require(head)
            served[job.lane, default: 0] += job.costTokens
            try queue.enter(next(job.lane))
        }
        #expect((14.4...17.6).contains(ratio(served[.high], served[.low])), "\(served)")
    }

    @Test(arguments: Lane.allCases)
    func `leave nothing idle when only one has work`(lane: Lane) throws {
        var queue = LaneQueue()
        for id in 1...50 { try queue.enter(Offer(id: UInt64(id), lane: lane, cost: 5000)) }
        #expect(queue.serveAll() == Array(1...50))
        #expect(queue.count == 0)
    }

    @Test func `save nothing up while they are empty`() throws {
        var backlog = Backlog(seed: 4)
        for _ in 0..<20 { try backlog.add(.low) }
        try backlog.serve(tokens: 500_000)
        for _ in 0..<20 { try backlog.add(.high) }
        try backlog.serve(tokens: 200_000)
        let share = ratio(backlog.servedByLane[.high], backlog.servedByLane[.low])
        #expect((14.4...17.6).contains(share), "\(backlog.servedByLane)")
    }

    @Test func `give a job larger than a round its turn in time`() throws {
        var queue = LaneQueue()
        try queue.enter(Offer(id: 1, lane: .low, cost: 100_000))
        for id in 2...2000 { try queue.enter(Offer(id: UInt64(id), lane: .high, cost: 4096)) }
        let order = queue.serveAll()
        // 100,000 tokens of low are due after 16 times as many of high.
        let place = try #require(order.firstIndex(of: 1))
        #expect((380...410).contains(place))
    }

    @Test func `find the next job at once however large it is`() throws {
        var queue = LaneQueue()
        try queue.enter(Offer(id: 1, lane: .low, cost: .max))
        #expect(queue.serveAll() == [1])
    }
}

@Suite struct `A low job` {
    @Test func `moves up to normal when it has waited its limit`() throws {
        var policy = LanePolicy()
        policy.lowMaxWait = .seconds(60)
        var queue = LaneQueue(policy)
        try queue.enter(Offer(id: 1, lane: .low))
        try queue.enter(Offer(id: 2, lane: .low), at: .zero + .seconds(1))
        queue.age(at: .zero + .milliseconds(59_999))
        #expect(queue.count(in: .low) == 2)
        queue.age(at: .zero + .seconds(60))
        #expect(queue.count(in: .low) == 1)
        #expect(queue.count(in: .normal) == 1)
        #expect(queue.waiting.map(\.lane) == [.normal, .low])
        #expect(queue.waiting.map(\.number) == [1, 2])
        #expect(queue.audit() == [])
    }

    @Test func `stands in its new lane where its age puts it`() throws {
        var queue = LaneQueue()
        let now = Instant.zero + .seconds(2000)
        try queue.enter(Offer(id: 1), at: now - .seconds(1))
        try queue.enter(Offer(id: 2, lane: .low), at: .zero)
        queue.age(at: now)
        #expect(queue.serveAll() == [2, 1])
    }

    @Test func `counts the time that it waited with a coordinator that has died`() throws {
        var queue = LaneQueue()
        try queue.enter(Offer(id: 1, lane: .low, waitedMilliseconds: 900_000), at: .zero + .seconds(1))
        queue.age(at: .zero + .seconds(1))
        #expect(queue.count(in: .normal) == 1)
    }

    @Test func `moves up though normal is full`() throws {
        var policy = LanePolicy()
        policy.capacity = 1
        var queue = LaneQueue(policy)
        try queue.enter(Offer(id: 1))
        try queue.enter(Offer(id: 2, lane: .low))
        queue.age(at: .zero + .seconds(901))
        #expect(queue.count(in: .normal) == 2)
        #expect(queue.audit() == [])
    }
}

extension Instant {
    static func - (left: Instant, right: Duration) -> Instant { left + (.zero - right) }
}
