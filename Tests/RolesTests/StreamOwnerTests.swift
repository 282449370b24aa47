import Contract
import Roles
import Testing

private let other = NodeID("other")

private func ticketed(_ number: UInt64) -> Job {
    var job = job(number)
    job.ticket = "ticket"
    return job
}

@Suite struct `The owner of a stream` {
    /// Job 1 leased to worker "a" for "edge"; another edge is there.
    private func leased() -> CoordinatorBench {
        var bench = CoordinatorBench.settled()
        bench.joinEdge("other")
        bench.joinWorker("a", credit: ModelCredit(model: "m", freeSequences: 2, freeTokens: 1000))
        bench.submit(ticketed(1))
        for peer in ["edge", "other", "a"] { _ = bench.heard(at: peer) }
        return bench
    }

    private func lost(_ attempt: Attempt) -> Message {
        .refused(id(1), attempt, Refusal(.streamLost, "another edge has taken the stream over"))
    }

    @Test func `is told when its lease goes to another edge that counts higher`() {
        var bench = leased()
        bench.submit(ticketed(1), Attempt.first.takenOver, by: "other")
        #expect(bench.heard(at: "a").first == .cancel(id(1), .first))
        #expect(bench.heard() == [lost(.first)])
    }

    @Test func `stays who it is when another edge counts alike`() {
        var bench = leased()
        bench.submit(ticketed(1), by: "other")
        #expect(bench.heard(at: "other") == [lost(.first)])
        #expect(bench.heard(at: "a") == [])
        bench.joinEdge("other", holding: [held(1, running: false, edge: "other")])
        #expect(bench.heard(at: "other").last == lost(.first))
    }

    @Test func `is told when a worker brings an older attempt of it along`() {
        var bench = leased()
        bench.submit(ticketed(1), Attempt.first.takenOver, by: "other")
        _ = bench.heard()
        bench.joinWorker("b", holding: [held(1, worker: "b")])
        #expect(bench.heard(at: "b").contains(.cancel(id(1), .first)))
        #expect(bench.heard() == [lost(.first)])
    }

    @Test func `counts higher than whoever asked before it`() {
        var bench = CoordinatorBench.settled()
        bench.joinEdge("other")
        bench.joinEdge("third")
        bench.joinWorker("a")
        bench.submit(ticketed(1))
        bench.say(.bye, by: "edge")
        for edge in ["other", "third"] {
            _ = bench.heard(at: edge)
            bench.say(.seek(id(1), by: NodeID(edge)), by: edge)
        }
        let attempts = ["other", "third"].map { edge in
            bench.heard(at: edge).compactMap(\.asHandover).map(\.submission.attempt)
        }
        #expect(attempts == [[.first], [Attempt.first.takenOver]])
    }

    @Test func `is no more when the coordinator says so, though a worker still runs the job`() {
        var bench = EdgeBench()
        bench.accept(ticketed(1))
        bench.join("a")
        bench.show(record(1, at: 0, 2), by: "a")
        bench.coordinatorSays(lost(.first))
        #expect(bench.role.jobCount == 0)
        #expect(bench.ended[id(1)]?.count == 1)
        bench.show(record(1, at: 2), by: "a")
        #expect(bench.heard(at: "a").last == .abandon(id(1), .first))
    }
}

@Suite struct `A worker between two owners of a stream` {
    private func claim(_ attempt: Attempt = Attempt.first.takenOver) -> Message {
        .claim(Claim(job: id(1), attempt: attempt, edge: other, tokenEndpoint: "other"))
    }

    @Test func `tells the former one later if it cannot be told now`() {
        var bench = WorkerBench()
        bench.lease(ticketed(1))
        bench.produce(record(1, at: 0, 2))
        // The hello of this session still has the job.
        bench.edges["edge"]?.answersHello = false
        bench.role.edgeDisconnected(NodeID("edge"))
        bench.connect("edge")
        bench.coordinatorSays(claim())
        _ = bench.heard(at: "edge")
        bench.edges["edge"]?.answersHello = true
        bench.connect("edge")
        #expect(bench.heard(at: "edge").last == .moved(id(1), Attempt.first.takenOver))
    }

    @Test func `has whoever asks later count higher`() {
        var bench = WorkerBench()
        bench.lease(ticketed(1))
        bench.produce(record(1, at: 0, 2))
        _ = bench.heard()
        for edge in ["other", "third"] { bench.coordinatorSays(.seek(id(1), by: NodeID(edge))) }
        let attempts = bench.heard().compactMap(\.asHandover).map(\.submission.attempt)
        #expect(attempts == [.first, Attempt.first.takenOver])
    }

    @Test func `keeps a stream whose edge has begun a new life before it was met`() {
        for isSame in [true, false] {
            var bench = WorkerBench()
            let edge = Peer(.server, epoch: 3, at: bench.now)
            var lease = Lease(
                index: 1,
                edge: NodeID("edge"),
                tokenEndpoint: "edge",
                submission: Submission(job: ticketed(1), attempt: .first)
            )
            lease.edgeEpoch = isSame ? edge.link.stampOutside(at: bench.now).epoch : BootEpoch(rawValue: 99)
            bench.coordinatorSays(.lease(lease))
            bench.edges["edge"] = edge
            bench.connect("edge")
            bench.produce(record(1, at: 0, 2))
            #expect(bench.records().isEmpty == !isSame)
            bench.say(.abandon(id(1), .first))
            #expect(bench.role.jobCount == (isSame ? 0 : 1))
        }
    }
}

@Suite struct `A stream that nobody has` {
    private func fleet() -> CoordinatorBench {
        var bench = CoordinatorBench.settled()
        bench.joinEdge("other")
        for worker in ["a", "b"] { bench.joinWorker(worker) }
        for peer in ["edge", "other", "a", "b"] { _ = bench.heard(at: peer) }
        return bench
    }

    private let no = Message.unfound(id(1), by: other)

    @Test func `is told of as soon as everybody has said so`() {
        var bench = fleet()
        bench.say(.seek(id(1), by: other), by: "other")
        for peer in ["a", "b", "edge"] {
            #expect(bench.heard(at: "other") == [])
            #expect(bench.heard(at: peer) == [.seek(id(1), by: other)])
            bench.say(no, by: peer)
        }
        #expect(bench.heard(at: "other") == [no])
    }

    @Test func `is waited for while somebody is silent, and not when that one is dead`() {
        var bench = fleet()
        bench.say(.seek(id(1), by: other), by: "other")
        for peer in ["a", "edge"] { bench.say(no, by: peer) }
        bench.pass(.milliseconds(200), talking: ["edge", "other", "a", "b"])
        #expect(bench.heard(at: "other") == [])
        bench.say(.bye, by: "b")
        bench.say(.seek(id(1), by: other), by: "other")
        #expect(bench.heard(at: "other") == [no])
    }

    @Test func `may be with a worker that has not said hello yet`() {
        var bench = CoordinatorBench()
        bench.joinEdge("other")
        bench.say(.seek(id(1), by: other), by: "other")
        bench.pass(.milliseconds(2900), talking: ["other"])
        #expect(bench.heard(at: "other").contains(no) == false)
        bench.pass(.milliseconds(200), talking: ["other"])
        bench.say(.seek(id(1), by: other), by: "other")
        #expect(bench.heard(at: "other") == [no])
    }

    @Test func `is told to who asks, by edges that do not have it`() {
        var bench = EdgeBench()
        bench.role.seek(id(1), at: bench.now)
        bench.settle()
        bench.coordinatorSays(.unfound(id(1), by: NodeID("edge")))
        #expect(bench.unfound == [id(1)])
        _ = bench.heard()
        bench.accept(ticketed(2))
        _ = bench.heard()
        for number in 1...2 as ClosedRange<UInt64> { bench.coordinatorSays(.seek(id(number), by: other)) }
        #expect(bench.heard() == [no])
    }
}
