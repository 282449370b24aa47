import Contract
import Lanes
import Roles
import Testing

@Suite struct `A coordinator's leases` {
    private func available(_ bench: CoordinatorBench, at worker: String = "a") -> ModelCredit? {
        bench.role.available(at: NodeID(worker), for: "m")
    }

    private func free(_ sequences: UInt32, _ tokens: UInt64) -> ModelCredit {
        ModelCredit(model: "m", freeSequences: sequences, freeTokens: tokens)
    }

    @Test func `are given against credit alone`() {
        var bench = CoordinatorBench.settled()
        bench.joinWorker("a")
        bench.submit(job(1))
        #expect(bench.heard().last == .accepted(id(1), .first))
        bench.submit(job(2))
        #expect(bench.leases(at: "a").isEmpty)
        bench.credit("a", 1)
        let leases = bench.leases(at: "a")
        #expect(leases.map(\.submission.job.id) == [id(1)])
        #expect(leases.first?.index == 1)
        #expect(leases.first?.edge == NodeID("edge"))
        #expect(leases.first?.tokenEndpoint == "inproc://edge")
        bench.pass(.seconds(1), talking: ["edge", "a"])
        #expect(bench.leases(at: "a").isEmpty)
        bench.say(.done(id(1), .first, LeaseOutcome(.finished)), by: "a")
        #expect(bench.leases(at: "a").map(\.index) == [2])
        #expect(bench.role.waitingCount == 0)
    }

    @Test func `are subtracted from credit that does not know of them yet`() {
        var bench = CoordinatorBench.settled()
        bench.joinWorker("a", credit: free(3, 200))
        bench.submit(job(1))
        bench.submit(job(2))
        #expect(available(bench) == free(1, 100))
        bench.credit("a", 2, 150, includes: 1)
        #expect(available(bench) == free(1, 100))
        bench.credit("a", 1, 100, includes: 2)
        #expect(available(bench) == free(1, 100))
        bench.say(.done(id(1), .first, LeaseOutcome(.finished)), by: "a")
        #expect(available(bench) == free(1, 100))
        bench.credit("a", 2, 150, includes: 2)
        #expect(available(bench) == free(2, 150))
    }

    @Test func `do not follow credit that came late`() {
        var bench = CoordinatorBench.settled()
        bench.joinWorker("a")
        bench.say(.credit(Credit(id: 2, includesLeases: 0, models: [free(1, 100)])), by: "a")
        bench.say(.credit(Credit(id: 1, includesLeases: 0, models: [free(9, 900)])), by: "a")
        bench.say(.credit(Credit(id: 2, includesLeases: 0, models: [free(9, 900)])), by: "a")
        #expect(available(bench) == free(1, 100))
    }

    @Test func `leave a larger job for a worker with nothing else to do`() {
        var bench = CoordinatorBench.settled()
        bench.joinWorker("a", credit: free(4, 100))
        bench.submit(job(1))
        var large = job(2)
        large.routing.estimatedPromptTokens = 5000
        bench.submit(large)
        #expect(bench.leases(at: "a").map(\.submission.job.id) == [id(1)])
        bench.say(.done(id(1), .first, LeaseOutcome(.finished)), by: "a")
        #expect(bench.leases(at: "a").map(\.submission.job.id) == [id(2)])
    }

    @Test func `go to the worker with the most room`() {
        var bench = CoordinatorBench.settled()
        bench.joinWorker("a", credit: free(4, 100))
        bench.joinWorker("b", credit: free(4, 120))
        for number in 1...3 as ClosedRange<UInt64> { bench.submit(job(number)) }
        #expect(bench.leases(at: "b").map(\.submission.job.id) == [id(1), id(3)])
        #expect(bench.leases(at: "a").map(\.submission.job.id) == [id(2)])
    }

    @Test func `never give one attempt twice`() {
        var bench = CoordinatorBench.settled()
        bench.joinWorker("a", credit: free(4, 1000))
        for _ in 0..<3 { bench.submit(job(1)) }
        #expect(bench.leases(at: "a").count == 1)
        bench.submit(job(1), .third)
        let heard = bench.heard(at: "a")
        #expect(heard.first == .cancel(id(1), .first))
        #expect(heard.compactMap(\.asLease).map(\.submission.attempt) == [.third])
        bench.submit(job(1), .second)
        #expect(bench.heard(at: "a").isEmpty)
        // What the first attempt ends with has nothing to do with the third.
        bench.say(.done(id(1), .first, LeaseOutcome(.cancelled)), by: "a")
        #expect(bench.role.leasedJobs == [id(1)])
    }

    @Test func `of a job that waits are those of its latest attempt`() {
        var bench = CoordinatorBench.settled()
        bench.joinWorker("b")
        bench.submit(job(1))
        bench.submit(job(1), .third)
        bench.submit(job(1), .second)
        #expect(bench.role.waitingCount == 1)
        bench.joinWorker("a", credit: free(4, 1000))
        #expect(bench.leases(at: "a").map(\.submission.attempt) == [.third])
    }

    @Test func `avoid the worker that a job was lost on, for a second`() {
        var bench = CoordinatorBench.settled()
        bench.joinWorker("a", credit: free(4, 1000))
        bench.submit(job(1), .second, avoid: "a")
        bench.pass(.seconds(1), talking: ["edge", "a"])
        #expect(bench.leases(at: "a").isEmpty)
        bench.pass(.milliseconds(50), talking: ["edge", "a"])
        #expect(bench.leases(at: "a").map(\.submission.job.id) == [id(1)])
    }

    @Test func `prefer another worker to the one that a job was lost on, whatever its room`() {
        var bench = CoordinatorBench.settled()
        bench.joinWorker("a", credit: free(4, 1000))
        bench.joinWorker("b", credit: free(1, 60))
        bench.submit(job(1), .second, avoid: "a")
        #expect(bench.leases(at: "b").map(\.submission.job.id) == [id(1)])
    }

    @Test func `go on where the job was computed alike, or after a second wherever there is room`() {
        var bench = CoordinatorBench.settled()
        bench.joinWorker("a", fingerprint: "avx2", credit: free(1, 60))
        bench.joinWorker("b", fingerprint: "portable", credit: free(4, 1000))
        bench.submit(job(1), .second, fingerprint: "avx2")
        #expect(bench.leases(at: "a").map(\.submission.job.id) == [id(1)])
        bench.submit(job(2), .second, fingerprint: "avx2")
        bench.pass(.seconds(1), talking: ["edge", "a", "b"])
        #expect(bench.leases(at: "b").isEmpty)
        bench.pass(.milliseconds(50), talking: ["edge", "a", "b"])
        #expect(bench.leases(at: "b").map(\.submission.job.id) == [id(2)])
    }

    @Test func `carry the time that is left`() {
        var bench = CoordinatorBench.settled()
        bench.joinWorker("b")
        bench.submit(job(1), remaining: 5000)
        bench.pass(.seconds(2))
        bench.joinWorker("a", credit: free(4, 1000))
        #expect(bench.leases(at: "a").first?.submission.remainingMilliseconds == 3000)
    }

    @Test func `end with the worker that they were given to`() {
        var bench = CoordinatorBench.settled()
        bench.joinWorker("a", credit: free(4, 1000))
        bench.joinWorker("b")
        bench.submit(job(1))
        _ = bench.heard()
        bench.say(.done(id(1), .first, LeaseOutcome(.finished)), by: "b")
        bench.say(.declined(id(1), .first, Decline(.full)), by: "b")
        #expect(bench.role.leasedCount == 1)
        bench.say(.declined(id(1), .first, Decline(.full)), by: "a")
        #expect(bench.heard() == [.lost(id(1), .first, .handedBack)])
        #expect(bench.role.leasedCount == 0)
    }

    @Test func `are told lost when they are handed back, and cancelled when they are cancelled`() {
        var bench = CoordinatorBench.settled()
        bench.joinWorker("a", credit: free(4, 1000))
        for number in 1...3 as ClosedRange<UInt64> { bench.submit(job(number)) }
        _ = bench.heard()
        bench.say(.done(id(1), .first, LeaseOutcome(.handedBack)), by: "a")
        bench.say(.done(id(2), .first, LeaseOutcome(.cancelled)), by: "a")
        bench.say(.done(id(3), .first, LeaseOutcome(.failed)), by: "a")
        #expect(bench.heard() == [.lost(id(1), .first, .handedBack), .cancelled(id(2), .first)])
        #expect(bench.role.leasedCount == 0)
    }
}
