import Contract
import Roles
import Testing

@Suite struct `An edge` {
    /// An edge with job 1 running at worker "a".
    private func running(_ limits: FleetLimits = FleetLimits()) -> EdgeBench {
        var bench = EdgeBench(limits)
        bench.accept(job(1))
        bench.join("a")
        bench.show(record(1, at: 0, 2), by: "a")
        _ = bench.heard()
        _ = bench.heard(at: "a")
        return bench
    }

    @Test func `takes a job from acceptance to its one end`() {
        var bench = EdgeBench()
        #expect(bench.role.isReady)
        bench.accept(job(1))
        #expect(bench.heard() == [.submit(Submission(job: job(1), attempt: .first))])
        bench.coordinatorSays(.accepted(id(1), .first))
        bench.join("a")
        bench.show(record(1, at: 0, 2), by: "a")
        bench.show(record(1, at: 2, end: .length), by: "a")
        #expect(bench.shown == [record(1, at: 0, 2), record(1, at: 2, end: .length)])
        #expect(bench.ended == [id(1): [.length]])
        #expect(bench.role.jobCount == 0)
        bench.coordinatorSays(.lost(id(1), .first, .workerDied))
        bench.show(record(1, at: 2, end: .length), by: "a")
        bench.pass(.seconds(20))
        #expect(bench.ended == [id(1): [.length]])
        #expect(bench.refused == [:])
        #expect(bench.heard().isEmpty)
    }

    @Test func `refuses what is refused on its first attempt, and fails what had been accepted`() {
        var bench = EdgeBench()
        bench.accept(job(1))
        bench.accept(job(2))
        let refusal = Refusal(.laneFull, "full", retryAfterSeconds: 4)
        bench.coordinatorSays(.refused(id(1), .first, refusal))
        #expect(bench.refused == [id(1): [refusal]])
        bench.coordinatorSays(.lost(id(2), .first, .notHeld))
        bench.coordinatorSays(.refused(id(2), .first, refusal))
        #expect(bench.ended == [:])
        // There will be room later.
        bench.coordinatorSays(.refused(id(2), .second, refusal))
        #expect(bench.ended == [:])
        bench.coordinatorSays(.refused(id(2), .second, Refusal(.unknownModel, "gone")))
        #expect(bench.ended == [id(2): [.failed(Failure(.unknownModel, "gone"))]])
        #expect(bench.role.jobCount == 0)
    }

    @Test func `ends a job that does not fit into a frame`() {
        var bench = EdgeBench()
        bench.accept(job(1))
        bench.accept(job(2))
        bench.coordinatorSays(.lost(id(2), .first, .notHeld))
        for number in 1...2 as ClosedRange<UInt64> {
            guard let attempt = bench.role.attempt(of: id(number)) else { break }
            let submission = Submission(job: job(number), attempt: attempt)
            bench.role.couldNotSend(.submit(submission), "9 bytes, the limit is 8")
        }
        bench.settle()
        #expect(bench.refused == [id(1): [Refusal(.tooLarge, "9 bytes, the limit is 8")]])
        #expect(bench.ended == [id(2): [.failed(Failure(.tooLarge, "9 bytes, the limit is 8"))]])
        bench.role.couldNotSend(.bye, "no reason")
        #expect(bench.role.jobCount == 0)
    }

    @Test func `does not let a refusal take a job that is running`() {
        var bench = running()
        bench.coordinatorSays(.refused(id(1), .first, Refusal(.laneFull, "late")))
        #expect(bench.role.jobCount == 1)
        #expect(bench.refused == [:])
    }

    @Test func `does not let a second job with the same id disturb the first`() {
        var bench = running()
        bench.accept(job(1))
        #expect(bench.refused[id(1)]?.map(\.code) == [.invalidRequest])
        bench.show(record(1, at: 2, end: .length), by: "a")
        #expect(bench.ended == [id(1): [.length]])
    }

    @Test func `holds no more jobs than its limit`() {
        var limits = FleetLimits()
        limits.jobsPerEdge = 2
        var bench = EdgeBench(limits)
        for number in 1...3 as ClosedRange<UInt64> { bench.accept(job(number)) }
        #expect(bench.refused.mapValues { $0.map(\.code) } == [id(3): [.laneFull]])
        #expect(bench.refused[id(3)]?[0].retryAfterSeconds == 5)
    }

    @Test func `holds no more bytes of prompts than its limit`() {
        var limits = FleetLimits()
        limits.promptBytesPerEdge = 30
        var bench = EdgeBench(limits)
        // Three tokens are 12 bytes.
        for number in 1...3 as ClosedRange<UInt64> { bench.accept(job(number)) }
        #expect(bench.refused.mapValues { $0.map(\.code) } == [id(3): [.laneFull]])
        bench.role.cancel(id(1), at: bench.now)
        bench.accept(job(4))
        #expect(bench.role.jobCount == 2)
        #expect(bench.refused[id(4)] == nil)
    }

    @Test func `is ready while a worker has a model, and takes jobs for the next`() {
        var bench = EdgeBench()
        var gone = card
        gone.isServed = false
        bench.coordinatorSays(.models([gone]))
        #expect(!bench.role.isReady && bench.role.takesJobs)
        bench.accept(job(1))
        #expect(bench.role.jobCount == 1)
        var other = card
        other.name = "other"
        bench.coordinatorSays(.models([gone, other]))
        #expect(bench.role.isReady)
    }

    @Test func `takes no more jobs when it drains, and goes on with those it has`() {
        var bench = running()
        bench.role.drain()
        #expect(!bench.role.isReady)
        bench.accept(job(2))
        #expect(bench.refused[id(2)]?.map(\.code) == [.draining])
        bench.show(record(1, at: 2, end: .length), by: "a")
        #expect(bench.ended == [id(1): [.length]])
        bench.role.leave(at: bench.now)
        bench.settle()
        #expect(bench.heard() == [.bye])
        #expect(bench.heard(at: "a").last == .bye)
    }

    @Test func `cancels at whoever holds the job, once`() {
        var bench = running()
        bench.role.cancel(id(1), at: bench.now)
        bench.role.cancel(id(1), at: bench.now)
        bench.settle()
        #expect(bench.ended == [id(1): [.cancelled]])
        #expect(bench.heard() == [.cancel(id(1), .first)])
        #expect(bench.heard(at: "a") == [.abandon(id(1), .first)])
        bench.show(record(1, at: 2), by: "a")
        #expect(bench.heard(at: "a") == [.abandon(id(1), .first)])
        #expect(bench.shown.count == 1)
    }

    @Test func `ends a job at its deadline, wherever it is`() {
        var bench = EdgeBench()
        bench.accept(job(1, timeout: 1000))
        bench.accept(job(2, timeout: 500))
        bench.accept(job(3))
        bench.join("a")
        bench.show(record(1, at: 0), by: "a")
        _ = bench.heard()
        bench.pass(.milliseconds(450), talking: ["a"])
        #expect(bench.ended == [:])
        bench.pass(.milliseconds(50), talking: ["a"])
        #expect(bench.heard() == [.cancel(id(2), .first)])
        bench.pass(.milliseconds(500), talking: ["a"])
        #expect(bench.heard() == [.cancel(id(1), .first)])
        let detail = "the request's time limit was reached after 1000 ms and 1 tokens"
        #expect(bench.ended[id(1)] == [.failed(Failure(.deadlineExceeded, detail))])
        #expect(bench.heard(at: "a").contains(.abandon(id(1), .first)))
        #expect(bench.role.jobCount == 1)
    }

    @Test func `says how long a job has waited and may still take when it puts it up again`() throws {
        var bench = EdgeBench()
        bench.accept(job(1, timeout: 10_000))
        #expect(bench.heard().first?.asSubmission?.remainingMilliseconds == 10_000)
        bench.pass(.seconds(2))
        bench.coordinatorSays(.lost(id(1), .first, .notHeld))
        let again = try #require(bench.role.attempt(of: id(1)))
        #expect(again == .second)
        let heard = bench.heard()
        #expect(heard.first?.asSubmission?.remainingMilliseconds == 8000)
        #expect(heard.first?.asSubmission?.waitedMilliseconds == 2000)
    }

    @Test func `passes positions of waiting jobs on, and of no others`() {
        var bench = running()
        bench.accept(job(2))
        let positions = [1, 2, 3].map { QueuePosition(job: id($0), position: 5, etaMilliseconds: 900) }
        bench.coordinatorSays(.positions(positions))
        #expect(bench.positions == [positions[1]])
    }

    @Test func `says behind the welcome what it could not say before`() {
        var bench = EdgeBench()
        bench.coordinator.answersHello = false
        bench.role.coordinatorDisconnected()
        bench.accept(job(1))
        #expect(bench.heard() == [])
        // The hello tells of job 1; job 2 comes after it has left.
        bench.role.coordinatorConnected(at: bench.now)
        bench.coordinator.answersHello = true
        let hello = bench.role.takeEffects()
        bench.accept(job(2))
        #expect(bench.heard() == [])
        guard case .sendToCoordinator(let envelope) = hello.first else {
            Issue.record("no hello but \(hello)")
            return
        }
        #expect(envelope.message.asHello?.jobs.map(\.job) == [id(1)])
        let welcome = Welcome(heartbeatMilliseconds: 500, models: [card])
        if let answer = bench.coordinator.hear(envelope, welcome: welcome, at: bench.now) {
            bench.deliver(answer)
        }
        #expect(bench.heard() == [.submit(Submission(job: job(2), attempt: .first))])
    }

    @Test func `says one hello to a coordinator that asks many times`() {
        var bench = running()
        bench.coordinator.answersHello = false
        let header = bench.coordinator.link.stampOutside(at: bench.now)
        for _ in 0..<3 { bench.deliver(Envelope(header: header, message: .resync)) }
        #expect(bench.heard().map { $0.asHello?.jobs.map(\.job) } == [[id(1)]])
        // It is repeated until there is an answer.
        bench.pass(.milliseconds(500))
        #expect(bench.heard().count == 1)
    }

    @Test func `greets again when its coordinator is silent, asks, or leaves a gap`() {
        var bench = running()
        bench.deliver(Envelope(header: bench.coordinator.link.stampOutside(at: bench.now), message: .resync))
        let held = HeldJob(
            job: id(1),
            attempt: .first,
            edge: NodeID("edge"),
            running: true,
            worker: NodeID("a"),
            model: "m"
        )
        let hello = Message.hello(Hello(role: .edge, tokenEndpoint: "inproc://edge", jobs: [held]))
        #expect(bench.heard() == [hello])
        _ = bench.coordinator.link.stamp(at: bench.now)
        bench.coordinatorSays(.heartbeat(Heartbeat()))
        #expect(bench.heard() == [hello])
        bench.coordinator.answersHello = false
        bench.now = bench.now + .milliseconds(3001)
        bench.role.tick(at: bench.now)
        bench.settle()
        #expect(bench.heard().contains(hello))
    }
}
