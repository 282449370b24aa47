import Contract
import Roles
import Testing

private func keyed(_ number: UInt64, key: String = "key") -> Job {
    var job = job(number)
    job.ticket = "ticket"
    job.retryKey = key
    return job
}

/// What is known of job 1 after three tokens.
private func found(end: StreamEnd? = nil) -> Submission {
    var submission = Submission(job: keyed(1), attempt: .first, committed: [0, 1, 2])
    submission.told = [record(1, at: 0, 2), record(1, at: 2, end: end)]
    return submission
}

@Suite struct `An edge whose request came before at another` {
    /// Job 2 was put up, and the coordinator named job 1.
    private func looking() -> EdgeBench {
        var bench = EdgeBench()
        bench.accept(keyed(2))
        _ = bench.heard()
        bench.coordinatorSays(.twin(id(2), .first, of: id(1)))
        return bench
    }

    @Test func `goes on with the twin in place of its own job`() throws {
        var bench = looking()
        #expect(bench.heard() == [.seek(id(1), by: NodeID("edge"))])
        bench.coordinatorSays(.handover(Handover(edge: NodeID("edge"), submission: found())))
        #expect(bench.foundTwins == [id(2): found()])
        bench.role.replace(id(2), by: found(), at: bench.now)
        bench.settle()
        #expect(bench.shown == found().told)
        let submission = try #require(bench.heard().compactMap(\.asSubmission).first)
        #expect(submission.job.id == id(1) && submission.takesOver)
        #expect(bench.role.jobCount == 1 && bench.ended.isEmpty)
    }

    @Test func `shows all of a twin that has ended`() {
        var bench = looking()
        bench.coordinatorSays(.handover(Handover(edge: NodeID("edge"), submission: found(end: .length))))
        bench.role.replace(id(2), by: found(end: .length), at: bench.now)
        bench.settle()
        #expect(bench.ended == [id(1): [.length]])
        #expect(bench.role.jobCount == 0)
    }

    @Test func `runs its own job where nobody has the twin any more`() {
        var bench = looking()
        _ = bench.heard()
        bench.pass(.seconds(4))
        let again = bench.heard().compactMap(\.asSubmission)
        #expect(again.map(\.job.id) == [id(2)] && again.map(\.attempt) == [.second])
        bench.coordinatorSays(.handover(Handover(edge: NodeID("edge"), submission: found())))
        #expect(bench.foundTwins.isEmpty)
    }

    @Test func `runs its own job where the twin has failed, or is not told whole`() {
        var short = found()
        short.told.removeLast()
        let failed = found(end: .failed(Failure(.engineFailed, "it broke")))
        for submission in [failed, short] {
            var bench = looking()
            _ = bench.heard()
            bench.coordinatorSays(.handover(Handover(edge: NodeID("edge"), submission: submission)))
            #expect(bench.foundTwins.isEmpty)
            #expect(bench.heard().compactMap(\.asSubmission).map(\.attempt) == [.second])
        }
    }

    @Test func `runs its own job where the twin is its own too`() {
        var bench = EdgeBench()
        bench.accept(keyed(1))
        bench.accept(keyed(2))
        _ = bench.heard()
        bench.coordinatorSays(.twin(id(2), .first, of: id(1)))
        #expect(bench.heard().compactMap(\.asSubmission).map(\.job.id) == [id(2)])
        #expect(bench.role.jobCount == 2)
    }

    @Test func `asks for no twin of a job that has none, was cancelled, or runs`() {
        var bench = EdgeBench()
        bench.accept(job(2))
        bench.accept(keyed(3))
        bench.accept(keyed(4))
        bench.join("a")
        bench.show(record(4, at: 0), by: "a")
        bench.role.cancel(id(3), at: bench.now)
        bench.settle()
        _ = bench.heard()
        for number in 2...4 as ClosedRange<UInt64> {
            bench.coordinatorSays(.twin(id(number), .first, of: id(1)))
        }
        #expect(bench.heard() == [])
    }

    @Test func `forgets the twin of a job that was cancelled meanwhile`() {
        var bench = looking()
        bench.role.cancel(id(2), at: bench.now)
        bench.settle()
        _ = bench.heard()
        bench.coordinatorSays(.handover(Handover(edge: NodeID("edge"), submission: found())))
        #expect(bench.foundTwins.isEmpty && bench.heard() == [])
    }
}

@Suite struct `A coordinator that is given the same request twice` {
    /// Job 1 of the edge "edge", leased to worker "a"; another edge is there.
    private func leased() -> CoordinatorBench {
        var bench = CoordinatorBench.settled()
        bench.joinEdge("other")
        bench.joinWorker("a", credit: ModelCredit(model: "m", freeSequences: 2, freeTokens: 1000))
        bench.submit(keyed(1))
        for peer in ["edge", "other", "a"] { _ = bench.heard(at: peer) }
        return bench
    }

    private func submit(
        _ job: Job,
        _ attempt: Attempt = .first,
        to bench: inout CoordinatorBench
    ) -> [Message] {
        bench.say(.submit(Submission(job: job, attempt: attempt)), by: "other")
        return bench.heard(at: "other")
    }

    @Test func `names the job that is there, and takes the second one if it is put up in spite of it`() {
        var bench = leased()
        #expect(submit(keyed(2), to: &bench) == [.twin(id(2), .first, of: id(1))])
        #expect(submit(keyed(3, key: "another"), to: &bench) == [.accepted(id(3), .first)])
        #expect(submit(keyed(2), .second, to: &bench) == [.accepted(id(2), .second)])
    }

    @Test func `names a job that waits, and one whose edge is gone`() {
        var bench = CoordinatorBench.settled()
        bench.joinEdge("other")
        bench.joinWorker("a")
        bench.submit(keyed(1))
        _ = bench.heard(at: "other")
        #expect(submit(keyed(2), to: &bench) == [.twin(id(2), .first, of: id(1))])
        bench.say(.bye, by: "edge")
        #expect(submit(keyed(3), to: &bench) == [.twin(id(3), .first, of: id(1))])
    }

    @Test func `names a finished job for as long as a worker remembers its stream`() {
        var bench = leased()
        bench.pass(.seconds(2), talking: ["edge", "other", "a"])
        bench.say(.done(id(1), .first, LeaseOutcome(.finished)), by: "a")
        bench.pass(.seconds(8), talking: ["edge", "other", "a"])
        _ = bench.heard(at: "other")
        #expect(submit(keyed(2), to: &bench) == [.twin(id(2), .first, of: id(1))])
        bench.pass(.seconds(6), talking: ["edge", "other", "a"])
        _ = bench.heard(at: "other")
        #expect(submit(keyed(3), to: &bench) == [.accepted(id(3), .first)])
    }

    @Test func `names no job that its edge cancelled or that failed`() {
        var bench = leased()
        bench.say(.cancel(id(1), .first), by: "edge")
        #expect(submit(keyed(2), to: &bench) == [.accepted(id(2), .first)])
        var failing = leased()
        failing.say(.done(id(1), .first, LeaseOutcome(.failed)), by: "a")
        #expect(submit(keyed(2), to: &failing) == [.accepted(id(2), .first)])
    }

    @Test func `learns from hellos what its predecessor knew`() {
        var bench = CoordinatorBench()
        var held = HeldJob(
            job: id(1),
            attempt: .first,
            edge: NodeID("edge"),
            running: true,
            worker: NodeID("a")
        )
        held.retryKey = "key"
        bench.joinEdge("edge", holding: [held])
        bench.joinEdge("other")
        _ = bench.heard(at: "other")
        #expect(submit(keyed(2), to: &bench) == [.twin(id(2), .first, of: id(1))])
    }

    @Test func `knows no more keys than it may`() {
        var limits = FleetLimits()
        limits.twins = 2
        var bench = CoordinatorBench(limits: limits)
        bench.joinEdge("other")
        _ = bench.heard(at: "other")
        for number in 1...3 as ClosedRange<UInt64> { _ = submit(keyed(number, key: "\(number)"), to: &bench) }
        #expect(submit(keyed(4, key: "1"), to: &bench) == [.twin(id(4), .first, of: id(1))])
        #expect(submit(keyed(5, key: "3"), to: &bench) == [.accepted(id(5), .first)])
    }
}
