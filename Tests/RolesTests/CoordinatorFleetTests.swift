import Contract
import Lanes
import Roles
import Testing

@Suite struct `A coordinator` {
    private let room = ModelCredit(model: "m", freeSequences: 4, freeTokens: 1000)

    /// With job 1 leased to worker "a".
    private func leased() -> CoordinatorBench {
        var bench = CoordinatorBench.settled()
        bench.joinWorker("a", credit: room)
        bench.submit(job(1))
        _ = bench.heard()
        _ = bench.heard(at: "a")
        return bench
    }

    @Test func `welcomes edges with the models that workers have, and tells them of others`() {
        var bench = CoordinatorBench()
        bench.joinEdge()
        #expect(bench.heard() == [.welcome(Welcome(heartbeatMilliseconds: 500))])
        bench.joinWorker("a")
        #expect(bench.heard() == [.models([card])])
        bench.joinWorker("b")
        #expect(bench.heard() == [])
        bench.joinEdge("other")
        #expect(bench.heard(at: "other") == [.welcome(Welcome(heartbeatMilliseconds: 500, models: [card]))])
        #expect(bench.role.edgeCount == 2)
        #expect(bench.role.workerCount == 2)
    }

    @Test func `asks whoever it does not know for a hello`() {
        var bench = CoordinatorBench()
        bench.peers["edge"] = Peer(.client, epoch: 9, at: bench.now)
        bench.submit(job(1))
        #expect(bench.heard() == [.resync])
        bench.joinEdge()
        bench.now = bench.now + .milliseconds(200)
        _ = bench.peers["edge"]?.link.stamp(at: bench.now)
        bench.submit(job(1))
        #expect(bench.heard().last == .resync)
        bench.submit(job(1))
        #expect(bench.heard() == [])
        #expect(bench.role.waitingCount == 0)
    }

    @Test func `asks a stranger for a hello, and not too often`() {
        var bench = CoordinatorBench()
        bench.peers["stranger"] = Peer(.client, epoch: 9, at: bench.now)
        for _ in 0..<3 { bench.say(.heartbeat(Heartbeat()), by: "stranger") }
        #expect(bench.heard(at: "stranger") == [.resync])
        bench.pass(.milliseconds(150), talking: ["stranger"])
        #expect(bench.heard(at: "stranger") == [])
        bench.pass(.milliseconds(50), talking: ["stranger"])
        #expect(bench.heard(at: "stranger") == [.resync])
    }

    @Test func `tells edges what a dead worker had`() {
        var bench = leased()
        bench.pass(.seconds(3))
        #expect(bench.heard() == [])
        bench.pass(.milliseconds(50))
        #expect(bench.heard().first == .lost(id(1), .first, .workerDied))
        #expect(bench.role.workerCount == 0)
        #expect(bench.role.counters.lost == 1)
    }

    @Test func `takes a worker whose connection broke for dead after 700 ms, unless it says hello`() {
        var bench = leased()
        bench.role.unreachable(NodeID("a"), at: bench.now)
        bench.pass(.milliseconds(700))
        #expect(bench.heard() == [])
        bench.joinWorker("a", holding: [held(1)], credit: room)
        bench.pass(.seconds(1), talking: ["edge", "a"])
        #expect(bench.heard() == [])
        bench.role.unreachable(NodeID("a"), at: bench.now)
        bench.submit(job(2))
        #expect(bench.leases(at: "a").isEmpty)
        bench.pass(.milliseconds(750))
        #expect(bench.heard().contains(.lost(id(1), .first, .workerDied)))
    }

    @Test func `loses nothing to a silence that was announced`() {
        var bench = leased()
        bench.say(.busy(milliseconds: 20_000), by: "a")
        bench.pass(.seconds(22))
        #expect(bench.heard() == [])
        bench.pass(.seconds(2))
        #expect(bench.heard().first == .lost(id(1), .first, .workerDied))
    }

    @Test func `tells edges what a worker does not hold any more`() {
        var bench = leased()
        bench.joinWorker("a", holding: [])
        #expect(bench.heard() == [.lost(id(1), .first, .notHeld)])
        bench.submit(job(1), .second)
        bench.joinWorker("a", life: 2)
        #expect(bench.heard().last == .accepted(id(1), .second))
        bench.credit("a", 4)
        bench.joinWorker("a", life: 3, holding: [held(1)])
        #expect(bench.heard().last == .lost(id(1), .second, .workerDied))
    }

    @Test func `hands on what a leaving worker had`() {
        var bench = leased()
        bench.say(.bye, by: "a")
        #expect(bench.heard() == [.lost(id(1), .first, .handedBack)])
    }

    // MARK: Its own restart

    @Test func `finds its leases in the hellos of workers`() {
        var bench = CoordinatorBench()
        bench.joinWorker("a", holding: [held(1), held(2, running: false)], credit: room)
        #expect(bench.role.leasedJobs == [id(1), id(2)])
        // The credit of the worker accounts for what it brought along.
        #expect(bench.role.available(at: NodeID("a"), for: "m") == room)
        bench.joinEdge(holding: [held(1, worker: "a"), held(2, worker: "a")])
        #expect(bench.heard().map(\.asHello) == [nil])
        bench.say(.done(id(1), .first, LeaseOutcome(.finished)), by: "a")
        #expect(bench.role.leasedJobs == [id(2)])
    }

    @Test func `waits for the worker that an edge says is running its job`() {
        var bench = CoordinatorBench()
        bench.joinEdge(holding: [held(1, worker: "a")])
        _ = bench.heard()
        bench.pass(.seconds(2))
        #expect(bench.heard() == [])
        bench.joinWorker("a", holding: [held(1)])
        bench.pass(.seconds(2), talking: ["edge", "a"])
        #expect(bench.heard() == [.models([card])])
        #expect(bench.role.leasedJobs == [id(1)])
    }

    @Test func `gives up on a worker that does not come`() {
        var bench = CoordinatorBench()
        bench.joinEdge(holding: [held(1, worker: "a")])
        _ = bench.heard()
        bench.pass(.seconds(3))
        #expect(bench.heard() == [])
        bench.pass(.milliseconds(50))
        #expect(bench.heard() == [.lost(id(1), .first, .workerDied)])
        bench.joinWorker("a", holding: [])
        bench.pass(.seconds(1), talking: ["edge", "a"])
        #expect(bench.heard() == [.models([card])])
    }

    @Test func `tells edges when the last worker with a model is gone, and when there is one again`() {
        var gone = card
        gone.isServed = false
        var bench = CoordinatorBench.settled()
        bench.joinWorker("a")
        bench.joinWorker("b")
        #expect(bench.heard().contains(.models([card])))
        bench.say(.bye, by: "a")
        bench.pass(.milliseconds(100), talking: ["edge", "b"])
        #expect(bench.heard() == [])
        bench.role.unreachable(NodeID("b"), at: bench.now)
        bench.pass(.milliseconds(700), talking: ["edge"])
        #expect(bench.heard() == [])
        bench.pass(.milliseconds(50), talking: ["edge"])
        #expect(bench.heard() == [.models([gone])])
        bench.joinWorker("b")
        #expect(bench.heard() == [.models([card])])
    }

    @Test func `tells an edge at once what nobody has`() {
        var bench = CoordinatorBench()
        bench.joinWorker("a")
        bench.joinEdge(holding: [held(1, running: false), held(2, worker: "a")])
        #expect(
            bench.heard().dropFirst() == [.lost(id(1), .first, .notHeld), .lost(id(2), .first, .notHeld)]
        )
        bench.pass(.seconds(4), talking: ["edge", "a"])
        bench.joinEdge(holding: [held(3, worker: "b")])
        #expect(bench.heard().last == .lost(id(3), .first, .workerDied))
    }

    @Test func `stops a worker that comes with an attempt that was replaced`() {
        var bench = CoordinatorBench()
        bench.joinEdge(holding: [held(1, running: false)])
        bench.submit(job(1), .second)
        bench.joinWorker("a", holding: [held(1)])
        #expect(bench.heard(at: "a").contains(.cancel(id(1), .first)))
        #expect(bench.role.waitingCount == 1)
        bench.credit("a", 1)
        bench.joinWorker("b", holding: [held(1)])
        #expect(bench.heard(at: "b").contains(.cancel(id(1), .first)))
        bench.joinWorker("c", holding: [held(1, .third)])
        #expect(bench.heard(at: "a").contains(.cancel(id(1), .second)))
        #expect(bench.role.leasedJobs == [id(1)])
    }

    // MARK: Edges

    @Test func `cancels what an edge does not list any more`() {
        var bench = leased()
        bench.submit(job(2))
        bench.credit("a", 0)
        bench.submit(job(3))
        bench.submit(job(4))
        _ = bench.heard(at: "a")
        bench.joinEdge(holding: [held(2, running: false), held(4, running: false)])
        #expect(bench.heard(at: "a") == [.cancel(id(1), .first)])
        #expect(bench.role.leasedJobs == [id(2)])
        #expect(bench.role.waitingCount == 1)
        bench.joinEdge(holding: [held(2, .second, running: false)])
        #expect(bench.heard(at: "a") == [.cancel(id(2), .first)])
        #expect(bench.heard().last == .lost(id(2), .second, .notHeld))
        #expect(bench.role.waitingCount == 0)
    }

    @Test func `forgets the waiting jobs of an edge that is gone`() {
        var bench = CoordinatorBench.settled()
        bench.joinWorker("a")
        bench.submit(job(1))
        bench.pass(.seconds(10), talking: ["a"])
        #expect(bench.role.waitingCount == 1)
        bench.pass(.milliseconds(50), talking: ["a"])
        #expect(bench.role.waitingCount == 0)
        bench.joinEdge(life: 2)
        bench.submit(job(2))
        bench.say(.bye, by: "edge")
        #expect(bench.role.waitingCount == 0)
    }

    @Test func `refuses when a lane is full, but never what it accepted before`() {
        var policy = LanePolicy()
        policy.capacity = 1
        var bench = CoordinatorBench.settled(policy)
        bench.joinWorker("a")
        bench.submit(job(1))
        bench.submit(job(2))
        let refusal = bench.heard().last?.asRefusal
        #expect(refusal?.code == .laneFull)
        #expect(refusal?.retryAfterSeconds == 3)
        bench.submit(job(3), .second)
        #expect(bench.heard() == [.accepted(id(3), .second)])
        #expect(bench.role.waitingCount == 2)
    }

    @Test func `queues no more for an edge than one may own, whatever it says it was promised`() {
        var limits = FleetLimits()
        limits.jobsPerEdge = 2
        var bench = CoordinatorBench(limits: limits)
        bench.joinEdge()
        bench.joinEdge("other")
        for number in 1...3 as ClosedRange<UInt64> { bench.submit(job(number), .second) }
        #expect(bench.heard().compactMap(\.asRefusal).map(\.code) == [.laneFull])
        #expect(bench.role.waitingCount == 2)
        bench.submit(job(2), .third)
        bench.submit(job(4), .second, by: "other")
        #expect(bench.role.waitingCount == 3)
        #expect(bench.heard() == [.accepted(id(2), .third)])
    }

    @Test func `refuses a model that nobody has, once its workers have had time to come`() {
        var bench = CoordinatorBench()
        bench.joinEdge()
        bench.submit(job(1, model: "x"))
        bench.pass(.seconds(6))
        #expect(bench.heard().contains(.accepted(id(1), .first)))
        bench.pass(.milliseconds(50))
        bench.submit(job(2, model: "x"))
        #expect(bench.heard().last?.asRefusal == Refusal(.unknownModel, "no worker has the model \"x\""))
        bench.submit(job(3, model: "x"), .second)
        #expect(bench.heard() == [.accepted(id(3), .second)])
    }

    @Test func `keeps the jobs of a model whose workers died`() {
        var bench = leased()
        bench.say(.bye, by: "a")
        _ = bench.heard()
        bench.submit(job(2))
        #expect(bench.heard() == [.accepted(id(2), .first)])
    }

    @Test func `cancels a job wherever it is`() {
        var bench = leased()
        bench.say(.cancel(id(1), .first), by: "edge")
        #expect(bench.heard(at: "a") == [.cancel(id(1), .first)])
        #expect(bench.heard() == [])
        bench.say(.done(id(1), .first, LeaseOutcome(.cancelled)), by: "a")
        #expect(bench.heard() == [.cancelled(id(1), .first)])
        bench.credit("a", 0, includes: 1)
        bench.submit(job(2))
        bench.say(.cancel(id(2), .first), by: "edge")
        bench.say(.cancel(id(3), .first), by: "edge")
        #expect(
            bench.heard() == [.accepted(id(2), .first), .cancelled(id(2), .first), .cancelled(id(3), .first)]
        )
        #expect(bench.role.waitingCount == 0)
        #expect(bench.role.leasedCount == 0)
    }

    @Test func `refuses a job whose time is up while it waits`() {
        var bench = CoordinatorBench.settled()
        bench.joinWorker("a")
        bench.submit(job(1), waited: 500, remaining: 1000)
        bench.pass(.milliseconds(950), talking: ["edge", "a"])
        #expect(bench.heard().compactMap(\.asRefusal) == [])
        bench.pass(.milliseconds(50), talking: ["edge", "a"])
        let refusal = bench.heard().compactMap(\.asRefusal)
        #expect(refusal.map(\.code) == [.deadlineExceeded])
        #expect(refusal.map(\.detail) == ["the request's time limit was reached after waiting 1500 ms"])
    }

    @Test func `tells every edge once a second where its jobs stand`() {
        var bench = CoordinatorBench.settled()
        bench.joinWorker("a")
        bench.joinEdge("other")
        bench.pass(.milliseconds(50), talking: ["edge", "other", "a"])
        bench.submit(job(1))
        bench.submit(job(2), by: "other")
        bench.submit(job(3))
        bench.pass(.milliseconds(950), talking: ["edge", "other", "a"])
        #expect(bench.heard().compactMap(\.asPositions) == [])
        bench.pass(.milliseconds(50), talking: ["edge", "other", "a"])
        let positions = { (heard: [Message]) in heard.compactMap(\.asPositions).last ?? [] }
        let mine = positions(bench.heard())
        #expect(mine.map(\.job) == [id(1), id(3)])
        #expect(mine.map(\.position) == [1, 3])
        #expect(positions(bench.heard(at: "other")).map(\.position) == [2])
    }

    @Test func `keeps the order of arrival over its own restart`() {
        var bench = CoordinatorBench()
        bench.joinEdge()
        bench.submit(job(1), .second, waited: 100)
        bench.submit(job(2), .second, waited: 9000)
        bench.submit(job(3), .second, waited: 500)
        bench.joinWorker("a", credit: room)
        #expect(bench.leases(at: "a").map(\.submission.job.id) == [id(2), id(3), id(1)])
    }
}
