import Contract
import Roles
import Testing

@Suite struct `An edge and its workers` {
    private func running(_ limits: FleetLimits = FleetLimits()) -> EdgeBench {
        var bench = EdgeBench(limits)
        bench.accept(job(1))
        bench.join("a")
        bench.show(record(1, at: 0, 2), by: "a")
        _ = bench.heard()
        _ = bench.heard(at: "a")
        return bench
    }

    private func held(_ attempt: Attempt = .first) -> HeldJob {
        HeldJob(job: id(1), attempt: attempt, edge: NodeID("edge"), running: true)
    }

    @Test func `put a job up again when its worker falls silent, behind what was shown`() {
        var bench = running()
        bench.pass(.seconds(3))
        #expect(bench.heard() == [])
        bench.pass(.milliseconds(50))
        let again = bench.heard().first?.asSubmission
        #expect(again?.attempt == .second)
        #expect(again?.committed == [0, 1])
        #expect(again?.avoid == NodeID("a"))
        #expect(again?.waitedMilliseconds == 3050)
        bench.join("b")
        bench.show(record(1, .second, at: 2, end: .length), by: "b")
        #expect(bench.shown.flatMap(\.ids) == [0, 1, 2])
        #expect(bench.ended == [id(1): [.length]])
    }

    @Test func `take a worker whose connection broke for dead after 700 ms, unless it says hello`() {
        var bench = running()
        bench.role.workerUnreachable(NodeID("a"), at: bench.now)
        bench.pass(.milliseconds(650))
        bench.join("a", holding: [held()])
        bench.pass(.seconds(2), talking: ["a"])
        #expect(bench.heard() == [])
        bench.role.workerUnreachable(NodeID("a"), at: bench.now)
        bench.pass(.milliseconds(750))
        #expect(bench.heard().first?.asSubmission?.attempt == .second)
    }

    @Test func `go on with what a worker still holds, and not with what it does not`() {
        var bench = running()
        bench.join("a", holding: [held()])
        #expect(bench.heard() == [])
        bench.join("a", holding: [])
        #expect(bench.heard().first?.asSubmission?.attempt == .second)
    }

    @Test func `say what computed the tokens that were shown`() {
        var bench = EdgeBench()
        bench.accept(job(1))
        bench.join("a", fingerprint: "avx2")
        bench.show(record(1, at: 0, 2), by: "a")
        #expect(bench.heard().first?.asSubmission?.fingerprint == nil)
        bench.join("a", life: 2, fingerprint: "portable")
        #expect(bench.heard().first?.asSubmission?.fingerprint == "avx2")
    }

    @Test func `lose everything with a worker's life, whatever the next one says it holds`() {
        var bench = running()
        bench.join("a", life: 2, holding: [held()])
        #expect(bench.heard().first?.asSubmission?.attempt == .second)
    }

    @Test func `lose nothing to a silence that was announced`() {
        var bench = running()
        bench.say(.busy(milliseconds: 30_000), by: "a")
        bench.pass(.seconds(32))
        #expect(bench.heard() == [])
        bench.pass(.seconds(2))
        #expect(bench.heard().first?.asSubmission?.attempt == .second)
    }

    @Test func `lose at once what a leaving worker had`() {
        var bench = running()
        bench.say(.bye, by: "a")
        #expect(bench.heard().first?.asSubmission?.attempt == .second)
    }

    @Test func `know better than the coordinator whether a worker lives`() {
        var bench = running()
        bench.coordinatorSays(.lost(id(1), .first, .workerDied))
        #expect(bench.role.attempt(of: id(1)) == .first)
        bench.coordinatorSays(.lost(id(1), .first, .notHeld))
        #expect(bench.role.attempt(of: id(1)) == .second)
        // What an old attempt lost is lost already.
        bench.coordinatorSays(.lost(id(1), .first, .notHeld))
        #expect(bench.role.attempt(of: id(1)) == .second)
    }

    @Test func `stop an old attempt that still speaks`() {
        var bench = running()
        bench.coordinatorSays(.lost(id(1), .first, .handedBack))
        bench.show(record(1, at: 2), by: "a")
        #expect(bench.heard(at: "a") == [.abandon(id(1), .first)])
        #expect(bench.role.stream(of: id(1))?.ids == [0, 1])
    }

    @Test func `stop a second worker that runs the same attempt`() {
        var bench = running()
        bench.join("b")
        bench.show(record(1, at: 2), by: "b")
        #expect(bench.heard(at: "b").last == .abandon(id(1), .first))
        #expect(bench.shown.count == 1)
    }

    @Test func `drop records of an attempt that was never handed out`() {
        var bench = running()
        bench.show(record(1, .third, at: 2), by: "a")
        #expect(bench.heard(at: "a") == [])
        #expect(bench.shown.count == 1)
    }

    @Test func `ask for what is missing, and show nothing twice`() {
        var bench = running()
        bench.show(record(1, at: 3), by: "a")
        #expect(bench.heard(at: "a") == [.resume(id(1), .first, from: 2)])
        bench.show(record(1, at: 0, 2), record(1, at: 2), record(1, at: 3), by: "a")
        #expect(bench.shown.flatMap(\.ids) == [0, 1, 2, 3])
    }

    @Test func `acknowledge at once after 32 tokens, at the end, and every 50 ms`() {
        var bench = running()
        bench.pass(.milliseconds(50), talking: ["a"])
        _ = bench.heard(at: "a")
        bench.show(record(1, at: 2, 31), by: "a")
        #expect(bench.heard(at: "a") == [])
        bench.show(record(1, at: 33, 1), by: "a")
        let ack = { (next: UInt32, ended: Bool) in
            Message.ack([Acknowledgement(job: id(1), attempt: .first, next: next, ended: ended)])
        }
        #expect(bench.heard(at: "a") == [ack(34, false)])
        bench.show(record(1, at: 34, 1), by: "a")
        #expect(bench.heard(at: "a") == [])
        bench.pass(.milliseconds(50), talking: ["a"])
        #expect(bench.heard(at: "a") == [ack(35, false)])
        bench.pass(.milliseconds(200), talking: ["a"])
        #expect(bench.heard(at: "a") == [])
        bench.show(record(1, at: 35, end: .length), by: "a")
        #expect(bench.heard(at: "a") == [ack(36, true)])
    }

    @Test func `give up on a job that three workers died of at one token`() {
        var bench = running()
        for worker in ["b", "c"] {
            bench.pass(.milliseconds(3050))
            bench.join(worker)
            guard let attempt = bench.role.attempt(of: id(1)) else { break }
            var opening = record(1, attempt, at: 2, 0)
            opening.opening = StreamOpening(promptTokens: 3)
            bench.show(opening, by: worker)
            #expect(bench.ended == [:])
        }
        bench.pass(.milliseconds(3050))
        let detail = "3 workers died while running this job at token 2"
        #expect(bench.ended == [id(1): [.failed(Failure(.quarantined, detail))]])
        #expect(bench.heard().last == .cancel(id(1), Attempt(rawValue: 4)))
    }

    @Test func `do not give up on a job that gets on`() {
        var bench = running()
        for (index, worker) in ["b", "c", "d", "e"].enumerated() {
            bench.pass(.milliseconds(3050))
            bench.join(worker)
            guard let attempt = bench.role.attempt(of: id(1)) else { break }
            bench.show(record(1, attempt, at: UInt32(2 + index)), by: worker)
        }
        #expect(bench.ended == [:])
        #expect(bench.role.attempt(of: id(1)) == Attempt(rawValue: 5))
    }

    @Test func `do not blame a job for workers that gave it back`() {
        var bench = running()
        for attempt in 1...10 as ClosedRange<UInt32> {
            bench.coordinatorSays(.lost(id(1), Attempt(rawValue: attempt), .handedBack))
        }
        #expect(bench.ended == [:])
        #expect(bench.role.attempt(of: id(1)) == Attempt(rawValue: 11))
    }

    @Test func `do not blame a job for workers that said goodbye`() {
        var bench = running()
        bench.say(.bye, by: "a")
        for worker in ["b", "c", "d"] {
            bench.join(worker)
            guard let attempt = bench.role.attempt(of: id(1)) else { break }
            var opening = record(1, attempt, at: 2, 0)
            opening.opening = StreamOpening(promptTokens: 3)
            bench.show(opening, by: worker)
            bench.say(.bye, by: worker)
        }
        #expect(bench.ended == [:])
        #expect(bench.role.attempt(of: id(1)) == Attempt(rawValue: 5))
    }

    @Test func `ask a worker that has not said hello to do so, and not too often`() {
        var bench = EdgeBench()
        bench.workers["a"] = Peer(.client, epoch: 9, at: bench.now)
        for _ in 0..<3 { bench.show(record(1, at: 0), by: "a") }
        #expect(bench.heard(at: "a") == [.resync])
        bench.pass(.milliseconds(250))
        bench.show(record(1, at: 0), by: "a")
        #expect(bench.heard(at: "a") == [.resync])
    }
}
