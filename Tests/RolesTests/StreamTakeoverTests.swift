import Contract
import Roles
import Testing

private func ticketed(_ number: UInt64) -> Job {
    var job = job(number)
    job.ticket = "ticket"
    return job
}

/// What is known of job 1 after three tokens.
private func found(_ attempt: Attempt = .first) -> Submission {
    var submission = Submission(job: ticketed(1), attempt: attempt, committed: [0, 1, 2])
    submission.told = [record(1, attempt, at: 0, 2), record(1, attempt, at: 2)]
    return submission
}

@Suite struct `An edge that a stream comes to` {
    @Test func `asks until somebody has it, and then owns it under an attempt that fences all before`() throws
    {
        var bench = EdgeBench()
        bench.role.seek(id(1), at: bench.now)
        bench.settle()
        #expect(bench.heard() == [.seek(id(1), by: NodeID("edge"))])
        bench.pass(.milliseconds(300))
        #expect(bench.heard() == [.seek(id(1), by: NodeID("edge"))])
        bench.coordinatorSays(.handover(Handover(edge: NodeID("edge"), submission: found())))
        #expect(bench.found == [found()])
        bench.role.adopt(found(), at: bench.now)
        bench.settle()
        #expect(bench.shown == found().told)
        let submission = try #require(bench.heard().compactMap(\.asSubmission).first)
        #expect(submission.takesOver)
        #expect(submission.committed == [0, 1, 2])
        #expect(submission.attempt > Attempt(rawValue: 60_000))
        // Its worker sends all of it again, and goes on.
        bench.join("a")
        bench.show(record(1, submission.attempt, at: 0, 2), by: "a")
        bench.show(record(1, submission.attempt, at: 2), by: "a")
        bench.show(record(1, submission.attempt, at: 3, end: .length), by: "a")
        #expect(bench.shown.last == record(1, submission.attempt, at: 3, end: .length))
        #expect(bench.shown.count == 3)
        #expect(bench.ended == [id(1): [.length]])
    }

    @Test func `says so when nobody has it, and takes no handover that it did not ask for`() {
        var bench = EdgeBench()
        bench.role.seek(id(1), at: bench.now)
        bench.settle()
        bench.pass(.seconds(4))
        #expect(bench.unfound == [id(1)])
        bench.coordinatorSays(.handover(Handover(edge: NodeID("edge"), submission: found())))
        #expect(bench.found == [])
    }

    @Test func `loses a stream to the edge that its client went to`() {
        var bench = EdgeBench()
        bench.accept(ticketed(1))
        bench.join("a")
        bench.show(record(1, at: 0, 2), by: "a")
        _ = bench.heard()
        bench.say(.moved(id(1), Attempt.first.takenOver), by: "a")
        #expect(bench.role.jobCount == 0)
        #expect(bench.ended[id(1)]?.count == 1)
        #expect(bench.heard() == [])
    }

    @Test func `tells the next worker what was shown, record by record`() throws {
        var bench = EdgeBench()
        bench.accept(ticketed(1))
        bench.join("a")
        bench.show(record(1, at: 0, 2), record(1, at: 2), by: "a")
        bench.say(.bye, by: "a")
        let again = try #require(bench.heard().compactMap(\.asSubmission).last)
        #expect(again.told == found().told)
        #expect(!again.takesOver)
    }

    @Test func `leaves such a stream to its worker when it ends`() {
        var bench = EdgeBench()
        bench.accept(ticketed(1))
        bench.accept(job(2))
        bench.join("a")
        bench.show(record(1, at: 0, 2), record(2, at: 0, 2), by: "a")
        _ = bench.heard(at: "a")
        bench.role.leave(at: bench.now)
        bench.settle()
        #expect(bench.heard(at: "a") == [.abandon(id(2), .first), .bye])
    }
}

@Suite struct `A worker whose stream changes its edge` {
    private func running() -> WorkerBench {
        var bench = WorkerBench()
        bench.lease(ticketed(1))
        bench.produce(record(1, at: 0, 2), record(1, at: 2))
        _ = bench.records()
        _ = bench.heard()
        return bench
    }

    private func claim(_ attempt: Attempt = Attempt.first.takenOver) -> Message {
        .claim(Claim(job: id(1), attempt: attempt, edge: NodeID("other"), tokenEndpoint: "other"))
    }

    @Test func `hands over all that it ever put out`() throws {
        var bench = running()
        bench.acknowledge(1, next: 3)
        bench.coordinatorSays(.seek(id(1), by: NodeID("other")))
        guard case .handover(let handover) = bench.heard().last else {
            Issue.record("no handover")
            return
        }
        #expect(handover.edge == NodeID("other"))
        #expect(handover.submission.committed == [0, 1, 2])
        #expect(handover.submission.told == found().told)
    }

    @Test func `goes on for whoever claims it, and tells the former owner`() {
        var bench = running()
        bench.edges["other"] = Peer(.server, epoch: 4, at: bench.now)
        bench.coordinatorSays(claim())
        bench.connect("other")
        let attempt = Attempt.first.takenOver
        #expect(bench.heard(at: "edge") == [.moved(id(1), attempt)])
        #expect(bench.records(at: "other") == [record(1, attempt, at: 0, 2), record(1, attempt, at: 2)])
        // The engine knows the job by the attempt that was leased.
        bench.produce(record(1, at: 3))
        #expect(bench.records(at: "other") == [record(1, attempt, at: 3)])
        #expect(bench.records(at: "edge") == [])
        bench.say(.abandon(id(1), .second), by: "edge")
        #expect(bench.role.jobCount == 1)
        bench.say(.abandon(id(1), attempt), by: "other")
        #expect(bench.stopped.map(\.1) == [.first])
    }

    @Test func `goes on for a while when its edge has left or began anew, and gives up then`() {
        for isRestart in [false, true] {
            var bench = running()
            if isRestart {
                bench.edges["edge"] = Peer(.server, epoch: 77, at: bench.now)
                bench.connect("edge")
            } else {
                bench.say(.bye)
            }
            bench.produce(record(1, at: 3))
            #expect(bench.records() == [])
            bench.pass(.seconds(9), talking: isRestart ? ["edge"] : [])
            #expect(bench.role.jobCount == 1)
            bench.pass(.seconds(2), talking: isRestart ? ["edge"] : [])
            #expect(bench.role.jobCount == 0)
            #expect(bench.stopped.map(\.0) == [id(1)])
        }
    }

    @Test func `remembers a stream for a while whose end was acknowledged`() {
        var bench = running()
        bench.produce(record(1, at: 3, end: .length))
        bench.acknowledge(1, next: 4, ended: true)
        #expect(bench.role.jobCount == 0)
        _ = bench.heard()
        bench.coordinatorSays(.seek(id(1), by: NodeID("other")))
        guard case .handover(let handover) = bench.heard().last else {
            Issue.record("no handover")
            return
        }
        #expect(handover.submission.told.last?.end == .length)
        bench.pass(.seconds(11), talking: ["edge"])
        _ = bench.heard()
        bench.coordinatorSays(.seek(id(1), by: NodeID("other")))
        #expect(bench.heard() == [.unfound(id(1), by: NodeID("other"))])
    }

    @Test func `hands nothing over of a job without a ticket`() {
        var bench = WorkerBench()
        bench.lease(job(1))
        bench.produce(record(1, at: 0, 2))
        _ = bench.heard()
        bench.coordinatorSays(.seek(id(1), by: NodeID("other")))
        #expect(bench.heard() == [.unfound(id(1), by: NodeID("other"))])
    }
}

@Suite struct `A coordinator whose edges take streams over` {
    /// Job 1 leased to worker "a" for "edge"; another edge is there.
    private func leased() -> CoordinatorBench {
        var bench = CoordinatorBench.settled()
        bench.joinEdge("other")
        bench.joinWorker("a", credit: ModelCredit(model: "m", freeSequences: 2, freeTokens: 1000))
        bench.submit(ticketed(1))
        for peer in ["edge", "other", "a"] { _ = bench.heard(at: peer) }
        return bench
    }

    private func takeover() -> Message {
        var submission = found(Attempt.first.takenOver)
        submission.takesOver = true
        return .submit(submission)
    }

    @Test func `passes on who asks and what is told`() {
        var bench = leased()
        bench.say(.seek(id(1), by: NodeID("other")), by: "other")
        #expect(bench.heard(at: "a") == [.seek(id(1), by: NodeID("other"))])
        let handover = Message.handover(Handover(edge: NodeID("other"), submission: found()))
        bench.say(handover, by: "a")
        #expect(bench.heard(at: "other") == [handover])
    }

    @Test func `lets a worker go on in place, and refuses the former owner`() {
        var bench = leased()
        bench.say(takeover(), by: "other")
        let attempt = Attempt.first.takenOver
        var claim = Claim(
            job: id(1),
            attempt: attempt,
            edge: NodeID("other"),
            tokenEndpoint: "inproc://other"
        )
        claim.edgeEpoch = bench.peers["other"]?.link.stampOutside(at: bench.now).epoch
        #expect(bench.heard(at: "a") == [.claim(claim)])
        #expect(bench.heard(at: "other") == [.accepted(id(1), attempt)])
        #expect(bench.heard().compactMap(\.asRefusal).map(\.code) == [.streamLost])
        bench.submit(ticketed(1), .second)
        #expect(bench.heard().compactMap(\.asRefusal).map(\.code) == [.streamLost])
        #expect(bench.heard(at: "a") == [])
        // Whoever owns it is told when its worker is gone.
        bench.say(.bye, by: "a")
        #expect(bench.heard(at: "other") == [.lost(id(1), attempt, .handedBack)])
    }

    @Test func `leases it elsewhere if nobody runs it any more`() {
        var bench = leased()
        bench.joinWorker("b", credit: ModelCredit(model: "m", freeSequences: 2, freeTokens: 1000))
        bench.say(.bye, by: "a")
        bench.say(takeover(), by: "other")
        let told = found(Attempt.first.takenOver).told
        #expect(bench.leases(at: "b").map(\.submission.told) == [told])
    }

    @Test func `keeps what waited for an edge that is gone, for the one that its client comes to`() {
        var bench = CoordinatorBench.settled()
        bench.joinEdge("other")
        bench.joinWorker("a")
        bench.submit(ticketed(1))
        bench.submit(job(2))
        bench.say(.bye, by: "edge")
        #expect(bench.role.waitingCount == 0)
        _ = bench.heard(at: "other")
        for number in 1...2 as ClosedRange<UInt64> {
            bench.say(.seek(id(number), by: NodeID("other")), by: "other")
        }
        let told = Handover(edge: NodeID("other"), submission: Submission(job: ticketed(1), attempt: .first))
        #expect(bench.heard(at: "other") == [.handover(told)])
        #expect(bench.heard(at: "a").last == .seek(id(2), by: NodeID("other")))
    }
}
