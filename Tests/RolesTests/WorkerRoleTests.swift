import Contract
import Roles
import Testing

@Suite struct `A worker` {
    private func credit(_ message: Message?) -> ModelCredit? { message?.asCredit?.models.first }

    private func free(_ sequences: UInt32, _ tokens: UInt64) -> ModelCredit {
        ModelCredit(model: "m", freeSequences: sequences, freeTokens: tokens)
    }

    @Test func `says hello with its models, and then what it has room for`() {
        var bench = WorkerBench()
        let heard = bench.heard()
        #expect(heard.first == .hello(Hello(role: .worker, models: [card], fingerprint: "avx2")))
        #expect(heard.last == .credit(Credit(id: 1, includesLeases: 0, models: [free(4, 1000)])))
    }

    @Test func `takes a lease, dials its edge and starts`() {
        var bench = WorkerBench()
        _ = bench.heard()
        bench.lease(job(1))
        #expect(bench.heard().first == .taken(id(1), .first))
        #expect(bench.dialed == ["edge"])
        #expect(bench.started.map(\.submission.job.id) == [id(1)])
        #expect(bench.role.holds(id(1), .first))
        bench.lease(job(2))
        #expect(bench.dialed == ["edge"])
    }

    @Test func `has credit for its capacity less what its jobs are charged with`() {
        var bench = WorkerBench()
        bench.lease(job(1))
        #expect(bench.heard().last?.asCredit?.includesLeases == 1)
        bench.lease(job(2))
        #expect(credit(bench.heard().last) == free(2, 900))
        bench.role.prepared(id(1), .first, promptTokens: 110)
        bench.produce(record(1, at: 0))
        #expect(credit(bench.heard().last) == free(2, 800))
        // A finished job takes nothing from the engine, though it is still held.
        bench.produce(record(1, at: 1, end: .length))
        #expect(credit(bench.heard().last) == free(3, 950))
        bench.acknowledge(1, next: 2, ended: true)
        bench.coordinatorSays(.cancel(id(2), .first))
        #expect(credit(bench.heard().last) == free(4, 1000))
        #expect(bench.role.jobCount == 0)
    }

    @Test func `never has less credit than none`() {
        var bench = WorkerBench()
        for number in 1...6 as ClosedRange<UInt64> {
            var large = job(number)
            large.routing.estimatedPromptTokens = .max
            bench.lease(large)
        }
        #expect(credit(bench.heard().last) == free(0, 0))
    }

    @Test func `tells its credit only when it changed`() {
        var bench = WorkerBench()
        bench.lease(job(1))
        _ = bench.heard()
        bench.produce(record(1, at: 0))
        bench.pass(.seconds(2), talking: ["edge"])
        #expect(bench.heard() == [])
    }

    @Test func `ignores a lease that it has, and replaces one by a higher attempt`() {
        var bench = WorkerBench()
        bench.lease(job(1), .second)
        _ = bench.heard()
        bench.lease(job(1), .second)
        bench.lease(job(1), .first)
        #expect(bench.started.count == 1)
        #expect(bench.stopped.isEmpty)
        _ = bench.heard()
        bench.lease(job(1), .third)
        #expect(bench.stopped.map(\.1) == [.second])
        #expect(bench.started.map(\.submission.attempt) == [.second, .third])
        let heard = bench.heard()
        #expect(heard.first == .done(id(1), .second, LeaseOutcome(.cancelled)))
        #expect(heard.contains(.taken(id(1), .third)))
        #expect(credit(heard.last) == free(3, 950))
        bench.produce(record(1, .second, at: 0))
        #expect(bench.records() == [])
    }

    @Test func `is done with a job when the edge has all of it, and not before`() {
        var bench = WorkerBench()
        bench.lease(job(1), committed: [8, 9])
        bench.role.prepared(id(1), .first, promptTokens: 12)
        bench.produce(record(1, at: 2, 3), record(1, at: 5, end: .stop(sequence: nil)))
        _ = bench.heard()
        bench.acknowledge(1, next: 6)
        #expect(bench.heard() == [])
        #expect(bench.role.runningCount == 0)
        #expect(bench.role.jobCount == 1)
        bench.acknowledge(1, next: 6, ended: true)
        let outcome = LeaseOutcome(.finished, promptTokens: 12, generatedTokens: 4)
        #expect(bench.heard().first == .done(id(1), .first, outcome))
        #expect(bench.role.jobCount == 0)
        bench.acknowledge(1, next: 6, ended: true)
        #expect(bench.heard() == [])
    }

    @Test func `tells a failure from an answer`() {
        var bench = WorkerBench()
        bench.lease(job(1))
        bench.produce(record(1, at: 0, 0, end: .failed(Failure(.contextExceeded, "too long"))))
        _ = bench.heard()
        bench.acknowledge(1, next: 0, ended: true)
        #expect(bench.heard().first == .done(id(1), .first, LeaseOutcome(.failed)))
    }

    @Test func `stops a job on the coordinator's word, and confirms one that it does not have`() {
        var bench = WorkerBench()
        bench.lease(job(1), .second)
        _ = bench.heard()
        bench.coordinatorSays(.cancel(id(1), .first))
        #expect(bench.heard() == [.done(id(1), .first, LeaseOutcome(.cancelled))])
        #expect(bench.stopped.isEmpty)
        bench.coordinatorSays(.cancel(id(1), .second))
        #expect(bench.heard().first == .done(id(1), .second, LeaseOutcome(.cancelled)))
        #expect(bench.stopped.map(\.0) == [id(1)])
        bench.coordinatorSays(.cancel(id(1), .second))
        #expect(bench.heard() == [.done(id(1), .second, LeaseOutcome(.cancelled))])
    }

    @Test func `declines what it cannot run`() {
        var bench = WorkerBench()
        _ = bench.heard()
        bench.lease(job(1, model: "other"))
        #expect(bench.heard().first == .declined(id(1), .first, Decline(.modelGone)))
        #expect(bench.started.isEmpty)
    }

    @Test func `declines everything while it drains, and goes on with what it has`() {
        var bench = WorkerBench()
        bench.lease(job(1))
        _ = bench.heard()
        bench.coordinatorSays(.drain)
        #expect(credit(bench.heard().last) == free(0, 0))
        bench.lease(job(2))
        #expect(bench.heard().first == .declined(id(2), .first, Decline(.draining)))
        bench.produce(record(1, at: 0, end: .length))
        #expect(bench.records() == [record(1, at: 0, end: .length)])
        bench.deliver(Envelope(header: bench.coordinator.link.stampOutside(at: bench.now), message: .resync))
        #expect(bench.heard().compactMap(\.asHello).map(\.models) == [[]])
    }

    @Test func `gives everything back when it leaves`() {
        var bench = WorkerBench()
        bench.lease(job(1))
        bench.lease(job(2))
        _ = bench.heard()
        bench.role.leave(at: bench.now)
        bench.settle()
        let back = { (number: UInt64) in Message.done(id(number), .first, LeaseOutcome(.handedBack)) }
        #expect(bench.heard() == [back(1), back(2), .bye])
        #expect(bench.heard(at: "edge").last == .bye)
        #expect(bench.stopped.count == 2)
    }

    @Test func `tells a coordinator that lost track of it what it holds`() {
        var bench = WorkerBench()
        bench.lease(job(1))
        bench.lease(job(2))
        bench.produce(record(2, at: 0, end: .length))
        _ = bench.heard()
        bench.deliver(Envelope(header: bench.coordinator.link.stampOutside(at: bench.now), message: .resync))
        let heard = bench.heard()
        let hello = heard.first?.asHello
        #expect(hello?.jobs.map(\.job) == [id(1), id(2)])
        #expect(hello?.jobs.map(\.running) == [true, false])
        #expect(
            hello?.jobs.map(\.charge) == [Charge(sequences: 1, tokens: 50), Charge(sequences: 1, tokens: 50)]
        )
        // The credit of a new session knows of no lease of the one before.
        #expect(heard.last?.asCredit?.includesLeases == 0)
        #expect(heard.last?.asCredit?.id ?? 0 > 1)
        #expect(credit(heard.last) == free(3, 950))
    }

    @Test func `says behind the welcome what it could not say before`() {
        var bench = WorkerBench()
        bench.lease(job(1))
        bench.lease(job(2))
        bench.role.coordinatorDisconnected()
        bench.say(.abandon(id(1), .first))
        _ = bench.heard()
        // The hello does not name job 1 any more: saying that it is done would add nothing.
        bench.coordinator.answersHello = false
        bench.role.coordinatorConnected(at: bench.now)
        let effects = bench.role.takeEffects()
        bench.say(.abandon(id(2), .first))
        #expect(bench.heard() == [])
        guard case .sendToCoordinator(let hello) = effects.first else {
            Issue.record("no hello but \(effects)")
            return
        }
        #expect(hello.message.asHello?.jobs.map(\.job) == [id(2)])
        bench.coordinator.answersHello = true
        let welcome = Welcome(heartbeatMilliseconds: 500)
        if let answer = bench.coordinator.hear(hello, welcome: welcome, at: bench.now) {
            bench.deliver(answer)
        }
        let heard = bench.heard()
        #expect(heard.first == .done(id(2), .first, LeaseOutcome(.cancelled)))
        #expect(credit(heard.last) == free(4, 1000))
    }
}
