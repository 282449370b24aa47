import Contract
import Roles
import Testing

private func weighing(_ revision: String?) -> ModelCard {
    var weighing = card
    weighing.revision = revision
    return weighing
}

/// What goes on behind two tokens of these weights.
private func continued(_ number: UInt64, _ revision: String?, _ attempt: Attempt = .second) -> Message {
    var submission = Submission(job: job(number), attempt: attempt, committed: [0, 1])
    submission.revision = revision
    return .submit(submission)
}

@Suite struct `An answer that began with some weights` {
    /// Two workers with other weights each, and room for four.
    private func fleet() -> CoordinatorBench {
        var bench = CoordinatorBench.settled()
        for worker in ["a", "b"] {
            bench.joinWorker(worker, models: [weighing("weights-\(worker)")])
            bench.credit(worker, 4)
            _ = bench.heard(at: worker)
        }
        _ = bench.heard()
        return bench
    }

    @Test(arguments: ["a", "b"]) func `goes on with the same`(worker: String) {
        var bench = fleet()
        bench.say(continued(1, "weights-\(worker)"), by: "edge")
        #expect(bench.leases(at: worker).map(\.submission.job.id) == [id(1)])
        #expect(bench.leases(at: worker == "a" ? "b" : "a").isEmpty)
    }

    @Test func `comes back to its edge where nobody has them, and nobody waits behind it`() throws {
        var bench = fleet()
        bench.say(continued(1, "weights-c"), by: "edge")
        let refusal = try #require(bench.heard().compactMap(\.asRefusal).first)
        #expect(refusal.code == .modelFailed)
        #expect(refusal.retryAfterSeconds != nil)
        #expect(refusal.detail.contains("weights-c"))
        bench.submit(job(2))
        #expect(bench.role.leasedCount == 1)
    }

    @Test func `waits for them while they are away with the only worker`() {
        var bench = fleet()
        for worker in ["a", "b"] { bench.say(.bye, by: worker) }
        _ = bench.heard()
        bench.say(continued(1, "weights-a"), by: "edge")
        #expect(bench.heard() == [.accepted(id(1), .second)])
        bench.joinWorker("b", life: 2, models: [weighing("weights-b")])
        bench.credit("b", 4)
        #expect(bench.heard().compactMap(\.asRefusal).map(\.code) == [.modelFailed])
    }

    @Test func `is put up again for a while, and then given up`() throws {
        var bench = EdgeBench()
        bench.accept(job(1))
        bench.join("a")
        var opening = record(1, at: 0, 0)
        opening.opening = StreamOpening(promptTokens: 3)
        opening.opening?.revision = "weights-a"
        bench.show(opening, by: "a")
        #expect(bench.heard().compactMap(\.asSubmission).allSatisfy { $0.revision == nil })
        bench.show(record(1, at: 0, 2), by: "a")
        bench.say(.bye, by: "a")
        let again = try #require(bench.heard().compactMap(\.asSubmission).first)
        #expect(again.revision == "weights-a")
        let refusal = Refusal(.modelFailed, "the weights are gone", retryAfterSeconds: 1)
        for _ in 0..<39 {
            bench.coordinatorSays(.refused(id(1), .second, refusal))
            #expect(bench.ended[id(1)] == nil)
            bench.pass(.milliseconds(250))
            #expect(bench.heard().compactMap(\.asSubmission).map(\.attempt) == [.second])
        }
        bench.pass(.milliseconds(250))
        bench.coordinatorSays(.refused(id(1), .second, refusal))
        #expect(bench.ended[id(1)] == [.failed(Failure(.modelFailed, "the weights are gone"))])
    }

    @Test func `began with those that picked its first token, whoever opened it`() throws {
        var bench = EdgeBench()
        var ticketed = job(1)
        ticketed.ticket = "ticket"
        bench.accept(ticketed)
        for (worker, attempt) in [("a", Attempt.first), ("b", .second)] {
            bench.join(worker)
            var opening = record(1, attempt, at: 0, 0)
            opening.opening = StreamOpening(promptTokens: 3)
            opening.opening?.revision = "weights-\(worker)"
            bench.show(opening, by: worker)
            if worker == "a" { bench.say(.bye, by: worker) }
        }
        bench.show(record(1, .second, at: 0, 2), by: "b")
        bench.say(.bye, by: "b")
        let again = try #require(bench.heard().compactMap(\.asSubmission).last)
        #expect(again.revision == "weights-b")
        #expect(again.told.first?.opening?.revision == "weights-b")
    }

    @Test func `is not taken by a worker that has others by now, which says what it opens with`() throws {
        var bench = WorkerBench(serving: weighing("weights-b"))
        for (number, revision) in [(1, "weights-a"), (2, "weights-b")] as [(UInt64, String)] {
            var submission = Submission(job: job(number), attempt: .second, committed: [0, 1])
            submission.revision = revision
            let lease = Lease(
                index: number,
                edge: NodeID("edge"),
                tokenEndpoint: "edge",
                submission: submission
            )
            bench.coordinatorSays(.lease(lease))
        }
        #expect(bench.heard().contains(.declined(id(1), .second, Decline(.modelGone))))
        #expect(bench.started.map(\.submission.job.id) == [id(2)])
        bench.edges["edge"] = Peer(.server, epoch: 3, at: bench.now)
        bench.connect("edge")
        var opening = record(2, .second, at: 2, 1)
        opening.opening = StreamOpening(promptTokens: 3)
        bench.produce(opening)
        #expect(bench.records().first?.opening?.revision == "weights-b")
    }
}
