import Contract
import Roles
import Testing

@Suite struct `A worker and its edges` {
    private func running(_ limits: FleetLimits = FleetLimits()) -> WorkerBench {
        var bench = WorkerBench(limits)
        bench.lease(job(1))
        _ = bench.heard()
        _ = bench.heard(at: "edge")
        return bench
    }

    @Test func `begin with a hello that names the edge's jobs and no others`() {
        var bench = WorkerBench()
        bench.lease(job(1))
        bench.lease(job(2), edge: "other")
        #expect(bench.heard(at: "edge").first?.asHello?.jobs.map(\.job) == [id(1)])
        #expect(bench.heard(at: "other").first?.asHello?.jobs.map(\.job) == [id(2)])
    }

    @Test func `send what was put out before the link stood`() {
        var bench = running()
        bench.role.edgeDisconnected(NodeID("edge"))
        bench.produce(record(1, at: 0))
        bench.produce(record(1, at: 1))
        #expect(bench.heard(at: "edge") == [])
        bench.connect("edge")
        #expect(bench.records() == [record(1, at: 0), record(1, at: 1)])
    }

    @Test func `go back to what was acknowledged when a session begins`() {
        var bench = running()
        for position in 0..<4 as Range<UInt32> { bench.produce(record(1, at: position)) }
        #expect(bench.records().count == 4)
        bench.acknowledge(1, next: 2)
        bench.connect("edge")
        #expect(bench.records().map(\.position) == [2, 3])
        bench.role.edgeOutboxFull(NodeID("edge"))
        bench.pass(.milliseconds(500))
        #expect(bench.records().map(\.position) == [2, 3])
    }

    @Test func `send again from where the edge has a hole`() {
        var bench = running()
        for position in 0..<4 as Range<UInt32> { bench.produce(record(1, at: position)) }
        _ = bench.records()
        bench.say(.resume(id(1), .first, from: 1))
        #expect(bench.records().map(\.position) == [1, 2, 3])
        bench.say(.resume(id(1), .second, from: 0))
        bench.say(.resume(id(2), .first, from: 0))
        #expect(bench.records() == [])
        // Even what was acknowledged by mistake.
        bench.acknowledge(1, next: 4)
        bench.say(.resume(id(1), .first, from: 0))
        #expect(bench.records().map(\.position) == [0, 1, 2, 3])
    }

    @Test func `keep only so many records under way`() {
        var limits = FleetLimits()
        limits.recordsInFlight = 4
        limits.recordsPerBundle = 2
        var bench = running(limits)
        bench.lease(job(2))
        for position in 0..<10 as Range<UInt32> { bench.produce(record(1, at: position)) }
        #expect(bench.records().map(\.position) == [0, 1, 2, 3])
        bench.acknowledge(1, next: 1)
        #expect(bench.records().map(\.position) == [4, 5])
        bench.acknowledge(1, next: 1)
        bench.produce(record(2, at: 0))
        #expect(bench.records() == [])
        bench.acknowledge(1, next: 6)
        #expect(bench.records().map(\.position) == [6, 7, 8, 9])
        bench.acknowledge(1, next: 10)
        #expect(bench.records() == [record(2, at: 0)])
    }

    @Test func `bundle records up to a count`() {
        var limits = FleetLimits()
        limits.recordsPerBundle = 3
        var bench = running(limits)
        bench.role.edgeDisconnected(NodeID("edge"))
        for position in 0..<7 as Range<UInt32> { bench.produce(record(1, at: position)) }
        bench.connect("edge")
        #expect(bench.heard(at: "edge").compactMap(\.asTokens).map(\.count) == [3, 3, 1])
    }

    @Test func `bundle records up to a size`() {
        var limits = FleetLimits()
        // Ten ids and ten letters are 50 bytes.
        limits.bundleBytes = 125
        var bench = running(limits)
        bench.role.edgeDisconnected(NodeID("edge"))
        for position in 0..<7 as Range<UInt32> { bench.produce(record(1, at: position * 10, 10)) }
        bench.connect("edge")
        #expect(bench.heard(at: "edge").compactMap(\.asTokens).map(\.count) == [3, 3, 1])
    }

    @Test func `count what a failure says in the size of a bundle`() {
        var limits = FleetLimits()
        limits.bundleBytes = 100
        var bench = running(limits)
        for number in 2...4 as ClosedRange<UInt64> { bench.lease(job(number)) }
        bench.role.edgeDisconnected(NodeID("edge"))
        let failure = Failure(.engineFailed, String(repeating: "x", count: 100))
        for number in 1...4 as ClosedRange<UInt64> {
            bench.produce(record(number, at: 0, 0, end: .failed(failure)))
        }
        bench.connect("edge")
        #expect(bench.heard(at: "edge").compactMap(\.asTokens).map(\.count) == [1, 1, 1, 1])
    }

    @Test func `answer every request for a hello with one, and none while one is under way`() {
        var bench = running()
        guard let header = bench.edges["edge"]?.link.stampOutside(at: bench.now) else { return }
        bench.edges["edge"]?.answersHello = false
        for _ in 0..<3 {
            bench.role.receiveFromEdge(
                NodeID("edge"),
                Envelope(header: header, message: .resync),
                at: bench.now
            )
        }
        bench.settle()
        #expect(bench.heard(at: "edge").map { $0.asHello?.jobs.map(\.job) } == [[id(1)]])
    }

    @Test func `put the records of all its jobs into one bundle`() {
        var bench = running()
        bench.lease(job(2))
        _ = bench.heard(at: "edge")
        bench.produce(record(1, at: 0), record(2, at: 0))
        #expect(bench.heard(at: "edge") == [.tokens([record(1, at: 0), record(2, at: 0)])])
    }

    @Test func `stop what the edge abandons, up to the attempt it names`() {
        var bench = WorkerBench()
        bench.lease(job(1), .second)
        _ = bench.heard()
        bench.say(.abandon(id(1), .first))
        #expect(bench.role.holds(id(1), .second))
        bench.say(.abandon(id(1), .third))
        #expect(bench.stopped.map(\.1) == [.second])
        #expect(bench.heard().first == .done(id(1), .second, LeaseOutcome(.cancelled)))
        bench.produce(record(1, .second, at: 0))
        #expect(bench.records() == [])
    }

    @Test func `do not let one edge speak for another's job`() {
        var bench = running()
        bench.lease(job(2), edge: "other")
        bench.produce(record(1, at: 0))
        _ = bench.records()
        let ack = Acknowledgement(job: id(1), attempt: .first, next: 1, ended: true)
        for message in [Message.abandon(id(1), .first), .ack([ack]), .resume(id(1), .first, from: 0)] {
            bench.say(message, by: "other")
        }
        #expect(bench.role.holds(id(1), .first))
        #expect(bench.records() == [])
    }

    @Test func `hand back an edge's jobs when it is silent for ten seconds`() {
        var bench = running()
        bench.edges["edge"]?.answersHello = false
        bench.pass(.seconds(10))
        #expect(bench.heard() == [])
        #expect(bench.role.jobCount == 1)
        bench.pass(.milliseconds(50))
        #expect(bench.heard().first == .done(id(1), .first, LeaseOutcome(.handedBack)))
        #expect(bench.stopped.map(\.0) == [id(1)])
        #expect(bench.hungUp == ["edge"])
        #expect(bench.role.jobCount == 0)
    }

    @Test func `hand everything back at once when the edge says goodbye`() {
        var bench = running()
        bench.say(.bye)
        #expect(bench.heard().first == .done(id(1), .first, LeaseOutcome(.handedBack)))
        #expect(bench.hungUp == ["edge"])
    }

    @Test func `part when the edge comes back elsewhere`() {
        var bench = running()
        let submission = Submission(job: job(2), attempt: .first)
        let lease = Lease(index: 2, edge: NodeID("edge"), tokenEndpoint: "elsewhere", submission: submission)
        bench.coordinatorSays(.lease(lease))
        #expect(bench.heard().contains(.done(id(1), .first, LeaseOutcome(.handedBack))))
        #expect(bench.hungUp == ["edge"])
        #expect(bench.dialed == ["edge", "edge"])
        #expect(bench.role.holds(id(2), .first))
    }

    @Test func `greet again when the edge falls silent, and announce a silence of their own`() {
        var bench = running()
        bench.pass(.milliseconds(2950))
        #expect(bench.heard(at: "edge") == [])
        bench.pass(.milliseconds(100))
        #expect(bench.heard(at: "edge").first?.asHello?.jobs.map(\.job) == [id(1)])
        bench.role.announceBusy(.seconds(20), at: bench.now)
        bench.settle()
        #expect(bench.heard(at: "edge") == [.busy(milliseconds: 20_000)])
        #expect(bench.heard() == [.busy(milliseconds: 20_000)])
    }
}
