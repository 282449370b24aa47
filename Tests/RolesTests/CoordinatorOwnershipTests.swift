import Contract
import Lanes
import Roles
import Testing

@Suite struct `A coordinator that knows who holds what` {
    private static let free = ModelCredit(model: "m", freeSequences: 8, freeTokens: 10_000)

    private func link(_ number: UInt64) -> PrefixLink { PrefixLink(high: 5, low: number) }

    private func holding(_ number: UInt64, _ tokens: UInt32) -> HoldingChange {
        .stored(Holding(link(number), tokens: tokens))
    }

    /// A job with a prompt of 1,000 tokens and a link after each hundred of `links`.
    private func submission(
        _ number: UInt64,
        _ links: [UInt64],
        attempt: Attempt = .first,
        lane: Lane = .normal
    ) -> Submission {
        var job = job(number)
        job.routing.estimatedPromptTokens = 1000
        job.routing.lane = lane
        var submission = Submission(job: job, attempt: attempt)
        submission.links = links.enumerated().map {
            PromptLink(link($0.element), tokens: UInt32($0.offset + 1) * 100)
        }
        return submission
    }

    /// Workers `a` to `c`, which have told that they hold nothing.
    private func fleet(_ workers: [String] = ["a", "b", "c"]) -> CoordinatorBench {
        var bench = CoordinatorBench.settled()
        for worker in workers {
            bench.joinWorker(worker, credit: Self.free)
            bench.say(.holdings(HoldingsReport(sequence: 1, restarts: true, changes: [])), by: worker)
            _ = bench.heard(at: worker)
        }
        return bench
    }

    private func tell(
        _ bench: inout CoordinatorBench,
        _ worker: String,
        _ changes: [HoldingChange],
        _ sequence: UInt64 = 2
    ) {
        bench.say(.holdings(HoldingsReport(sequence: sequence, changes: changes)), by: worker)
    }

    private func worker(of job: UInt64, _ bench: inout CoordinatorBench) -> String? {
        ["a", "b", "c"].first { bench.leases(at: $0).contains { $0.submission.job.id == id(job) } }
    }

    @Test func `leases a job to the worker that holds the longest beginning of its prompt`() {
        var bench = fleet()
        tell(&bench, "b", [holding(1, 96), holding(2, 192)])
        tell(&bench, "c", [holding(1, 96), holding(2, 192), holding(3, 288)])
        bench.say(.submit(submission(1, [1, 2, 3, 4])), by: "edge")
        let lease = bench.leases(at: "c").first
        #expect(lease?.submission.job.id == id(1))
        #expect(lease?.freshTokens == 712)
        #expect(lease?.submission.links.count == 4)
        tell(&bench, "c", [.dropped(link(2)), .dropped(link(3))], 3)
        bench.say(.submit(submission(2, [1, 2, 7])), by: "edge")
        #expect(worker(of: 2, &bench) == "b")
    }

    @Test func `sends siblings that come together to one worker, before it has told anything`() {
        var bench = fleet()
        bench.say(.submit(submission(1, [1, 2, 3, 4, 5, 6, 7, 8, 9])), by: "edge")
        let first = worker(of: 1, &bench)
        #expect(first != nil)
        for number in 2...4 as ClosedRange<UInt64> {
            bench.say(.submit(submission(number, [1, 2, 3, 4, 5, 6, 7, 8, 9])), by: "edge")
            #expect(worker(of: number, &bench) == first)
        }
    }

    @Test func `expects no more of a worker that never came to hold what it was given`() {
        var bench = fleet()
        bench.say(.submit(submission(1, [1, 2])), by: "edge")
        let first = worker(of: 1, &bench) ?? ""
        #expect(bench.role.linkCount == 2)
        bench.say(.done(id(1), .first, LeaseOutcome(.cancelled)), by: first)
        bench.pass(.seconds(11), talking: ["edge", "a", "b", "c"])
        #expect(bench.role.linkCount == 0)
    }

    @Test func `lets a holder that is busy for longer than computing takes be`() {
        var bench = fleet()
        tell(&bench, "b", [holding(1, 960)])
        let load = ModelLoad(model: "m", promptTokens: 5000, emptyTokens: 9000, promptRate: 1000)
        bench.say(.workerLoad(WorkerLoad(models: [load])), by: "b")
        bench.say(.submit(submission(1, [1])), by: "edge")
        #expect(worker(of: 1, &bench) == "a")
        #expect(bench.role.backlogTokens(of: NodeID("b"), for: "m") == 5000)
    }

    @Test func `believes how slow a worker is by how much it has computed`() {
        var bench = fleet(["a", "b"])
        for (worker, rate) in [("a", 10_000), ("b", 100)] as [(String, Float)] {
            let load = ModelLoad(model: "m", emptyTokens: 9000, promptRate: rate)
            bench.say(.workerLoad(WorkerLoad(models: [load])), by: worker)
        }
        bench.say(.submit(submission(1, [])), by: "edge")
        bench.say(.submit(submission(2, [])), by: "edge")
        #expect(worker(of: 1, &bench) == "a")
        #expect(worker(of: 2, &bench) == "b")
        for (number, worker) in [(1, "a"), (2, "b")] as [(UInt64, String)] {
            let outcome = LeaseOutcome(.finished, promptTokens: 1_000_000, generatedTokens: 1)
            bench.say(.done(id(number), .first, outcome), by: worker)
        }
        for number in 3...4 as ClosedRange<UInt64> {
            bench.say(.submit(submission(number, [])), by: "edge")
            #expect(worker(of: number, &bench) == "a")
        }
    }

    @Test func `counts the load that it has given until the worker counts it, or the lease is over`() {
        var bench = fleet(["a"])
        func backlog() -> UInt64 { bench.role.backlogTokens(of: NodeID("a"), for: "m") }
        tell(&bench, "a", [holding(1, 400)])
        bench.say(.submit(submission(1, [1])), by: "edge")
        bench.say(.submit(submission(2, [])), by: "edge")
        bench.say(.submit(submission(3, [])), by: "edge")
        #expect(backlog() == 600 + 1000 + 1000)
        let load = ModelLoad(model: "m", promptTokens: 650)
        bench.say(.workerLoad(WorkerLoad(includesLeases: 1, models: [load])), by: "a")
        #expect(backlog() == 650 + 2000)
        bench.say(.done(id(2), .first, LeaseOutcome(.cancelled)), by: "a")
        #expect(backlog() == 650 + 1000)
        bench.say(.declined(id(3), .first, Decline(.full)), by: "a")
        #expect(backlog() == 650)
        bench.say(.workerLoad(WorkerLoad(includesLeases: 3, models: [ModelLoad(model: "m")])), by: "a")
        #expect(backlog() == 0)
    }

    @Test func `has no load left of a job, however its lease ends`() {
        for end in 0..<5 {
            var bench = fleet(["a"])
            bench.say(.submit(submission(1, [1])), by: "edge")
            #expect(bench.role.backlogTokens(of: NodeID("a"), for: "m") == 1000)
            switch end {
            case 0: bench.say(.done(id(1), .first, LeaseOutcome(.finished)), by: "a")
            case 1: bench.say(.done(id(1), .first, LeaseOutcome(.handedBack)), by: "a")
            case 2: bench.joinEdge("edge", life: 2)
            case 3: bench.joinWorker("a", life: 2, credit: Self.free)
            default: bench.say(.bye, by: "a")
            }
            #expect(bench.role.backlogTokens(of: NodeID("a"), for: "m") == 0, "end \(end)")
        }
    }

    @Test func `lets a tenant's jobs go first whose beginning is there, for a while`() {
        var bench = CoordinatorBench.settled()
        bench.joinWorker("a")
        bench.say(
            .holdings(HoldingsReport(sequence: 1, restarts: true, changes: [holding(1, 900)])),
            by: "a"
        )
        bench.say(.submit(submission(1, [50])), by: "edge")
        for number in 2...20 as ClosedRange<UInt64> {
            bench.say(.submit(submission(number, [1])), by: "edge")
        }
        var order: [UInt64] = []
        for _ in 0..<10 {
            bench.credit("a", 1, includes: UInt64(order.count))
            order += bench.leases(at: "a").map(\.submission.job.id.low)
        }
        // 8,192 tokens are seven jobs of 1,040.
        #expect(order.firstIndex(of: 1) == 7, "\(order)")
        #expect(Set(order).count == 10)
    }

    @Test func `forgets what a dead worker held`() {
        var bench = fleet()
        tell(&bench, "b", [holding(1, 900)])
        bench.say(.bye, by: "b")
        #expect(bench.role.holdings(of: NodeID("b")).isEmpty)
        bench.joinWorker("b", life: 2, credit: Self.free)
        #expect(bench.role.holdings(of: NodeID("b")).isEmpty)
        bench.say(.submit(submission(1, [1])), by: "edge")
        #expect(worker(of: 1, &bench) == "a")
        #expect(bench.role.auditOwnership() == [])
    }

    @Test func `keeps what a worker holds over a new session, until it is told again`() {
        var bench = fleet()
        tell(&bench, "b", [holding(1, 900), holding(2, 950)])
        bench.joinWorker("b", credit: Self.free)
        #expect(bench.role.holdings(of: NodeID("b")).count == 2)
        bench.say(.holdings(HoldingsReport(sequence: 3, restarts: true, changes: [holding(2, 950)])), by: "b")
        #expect(Set(bench.role.holdings(of: NodeID("b")).keys) == [link(2)])
    }

    @Test func `asks for everything once when the books differ`() {
        var bench = fleet()
        tell(&bench, "b", [holding(1, 900)])
        bench.say(.holdingsDigest(HoldingsDigest(sequence: 2, count: 1, sum: link(1))), by: "b")
        #expect(bench.heard(at: "b").isEmpty)
        bench.say(.holdingsDigest(HoldingsDigest(sequence: 2, count: 2, sum: link(1))), by: "b")
        bench.say(.holdingsDigest(HoldingsDigest(sequence: 2, count: 2, sum: link(1))), by: "b")
        #expect(bench.heard(at: "b") == [.recountHoldings])
        bench.say(.holdings(HoldingsReport(sequence: 3, restarts: true, changes: [holding(4, 8)])), by: "b")
        #expect(Set(bench.role.holdings(of: NodeID("b")).keys) == [link(4)])
        tell(&bench, "b", [holding(5, 8)], 9)
        #expect(bench.heard(at: "b") == [.recountHoldings])
    }

    @Test func `counts what it expected and what came of it`() {
        var bench = fleet(["a"])
        tell(&bench, "a", [holding(1, 400)])
        for number in 1...2 as ClosedRange<UInt64> { bench.say(.submit(submission(number, [1])), by: "edge") }
        let found = LeaseOutcome(.finished, promptTokens: 1000, generatedTokens: 1, cachedTokens: 400)
        let missed = LeaseOutcome(.finished, promptTokens: 1000, generatedTokens: 1, cachedTokens: 16)
        bench.say(.done(id(1), .first, found), by: "a")
        bench.say(.done(id(2), .first, missed), by: "a")
        #expect(bench.role.counters.predictedHits == 2)
        #expect(bench.role.counters.predictedTokens == 800)
        #expect(bench.role.counters.staleHits == 1)
    }

    @Test func `learns how long prompts really are`() {
        var bench = fleet(["a"])
        for number in 1...60 as ClosedRange<UInt64> {
            bench.say(.submit(submission(number, [])), by: "edge")
            let outcome = LeaseOutcome(.finished, promptTokens: 500, generatedTokens: 1)
            bench.say(.done(id(number), .first, outcome), by: "a")
        }
        _ = bench.heard(at: "a")
        bench.say(.submit(submission(61, [])), by: "edge")
        let fresh = bench.leases(at: "a").first?.freshTokens ?? 0
        #expect((490...520).contains(fresh), "\(fresh)")
    }

    @Test func `hands on the secret that edges have, and else gives one of its own`() {
        let own = [UInt8](repeating: 1, count: 32)
        let other = [UInt8](repeating: 2, count: 32)
        var bench = CoordinatorBench(secret: own)
        func welcome(_ edge: String, bringing secret: [UInt8]) -> [UInt8]? {
            bench.joinEdge(edge, secret: secret)
            return bench.heard(at: edge).compactMap { message -> [UInt8]? in
                if case .welcome(let welcome) = message { welcome.prefixSecret } else { nil }
            }.last
        }
        #expect(welcome("first", bringing: other) == other)
        #expect(welcome("second", bringing: []) == other)
        #expect(welcome("third", bringing: own) == other)
        bench = CoordinatorBench(secret: own)
        #expect(welcome("first", bringing: []) == own)
        bench = CoordinatorBench(secret: own)
        #expect(welcome("first", bringing: [1, 2, 3]) == own)
    }
}
