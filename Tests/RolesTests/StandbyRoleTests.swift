import Contract
import Roles
import Testing

@Suite struct `A coordinator that stands by` {
    /// Its role, and the first coordinator played by the test.
    private final class Watch {
        var role = StandbyRole(epoch: BootEpoch(rawValue: 1 << 32), at: Instant(microseconds: 1_000_000))
        var now = Instant(microseconds: 1_000_000)
        var first: Peer
        var firstAnswers = true
        var turns: [StandbyRole.Effect] = []

        init(connects: Bool = true) {
            first = Peer(.server, epoch: 2, at: now)
            guard connects else { return }
            role.firstConnected(at: now)
            settle()
        }

        func say(_ message: Message) {
            role.receiveFromFirst(first.envelope(message, at: now), at: now)
            settle()
        }

        func pass(_ span: Duration, isHeard: Bool = true) {
            let until = now + span
            while now < until {
                now = min(until, now + .milliseconds(50))
                if isHeard, first.link.isOpen { say(.heartbeat(Heartbeat())) }
                role.tick(at: now)
                settle()
            }
        }

        func ask() -> Bool {
            defer { settle() }
            return role.asked(at: now)
        }

        /// Another life of the first.
        func restartFirst() {
            first = Peer(.server, epoch: 9, at: now)
            firstAnswers = true
            role.firstConnected(at: now)
            settle()
        }

        private func settle() {
            for effect in role.takeEffects() {
                guard case .sendToFirst(let envelope) = effect else {
                    turns.append(effect)
                    continue
                }
                let welcome = Welcome(heartbeatMilliseconds: 500)
                guard firstAnswers, let answer = first.hear(envelope, welcome: welcome, at: now) else {
                    continue
                }
                role.receiveFromFirst(answer, at: now)
                settle()
            }
        }
    }

    @Test func `serves nobody while it hears the first`() {
        let watch = Watch()
        for _ in 0..<10 {
            watch.pass(.seconds(1))
            #expect(!watch.ask())
        }
        #expect(watch.turns == [])
    }

    @Test func `takes over when the first is silent and somebody asks`() {
        let watch = Watch()
        watch.firstAnswers = false
        watch.pass(.milliseconds(2900), isHeard: false)
        #expect(!watch.ask())
        watch.pass(.milliseconds(200), isHeard: false)
        #expect(watch.turns == [])
        #expect(watch.ask())
        #expect(watch.ask())
        #expect(watch.turns == [.takeOver])
    }

    @Test func `takes over soon after the link to the first was reset, but not at once`() {
        let watch = Watch()
        watch.firstAnswers = false
        watch.role.firstDisconnected(at: watch.now)
        #expect(!watch.ask())
        watch.pass(.milliseconds(750), isHeard: false)
        #expect(watch.ask())
    }

    @Test func `takes over at once when the first has said goodbye`() {
        let watch = Watch()
        watch.firstAnswers = false
        watch.say(.bye)
        #expect(watch.ask())
        #expect(watch.turns == [.takeOver])
    }

    @Test func `gives the first some time at its own start`() {
        let watch = Watch(connects: false)
        watch.firstAnswers = false
        watch.pass(.milliseconds(2500), isHeard: false)
        #expect(!watch.ask())
        watch.pass(.seconds(1), isHeard: false)
        #expect(watch.ask())
    }

    @Test func `sends everybody home when the first has been back for a while`() {
        let watch = Watch()
        watch.firstAnswers = false
        watch.say(.bye)
        #expect(watch.ask())
        watch.restartFirst()
        watch.pass(.milliseconds(900))
        #expect(watch.turns == [.takeOver])
        watch.pass(.milliseconds(200))
        #expect(watch.turns == [.takeOver, .stepDown])
        #expect(!watch.ask())
    }
}

@Suite struct `An edge with two coordinators` {
    @Test func `asks the second when the first does not answer, and the first again after that`() {
        var bench = EdgeBench(connects: false, coordinators: 2)
        for place in 0..<2 { bench.coordinators[place].answersHello = false }
        bench.pass(.milliseconds(900))
        #expect(bench.called == [])
        bench.pass(.milliseconds(200))
        #expect(bench.called == [1])
        bench.pass(.milliseconds(1000))
        #expect(bench.called == [1, 0])
    }

    @Test func `turns at once when it is sent away, and comes home when the second sends it`() {
        var bench = EdgeBench(coordinators: 2)
        bench.coordinatorSays(.bye)
        #expect(bench.called == [1])
        #expect(bench.role.coordinatorIsConnected)
        bench.coordinatorSays(.bye)
        #expect(bench.called == [1, 0])
    }

    @Test func `keeps a model for a while that a coordinator does not know yet`() {
        var bench = EdgeBench()
        bench.role.coordinatorDisconnected()
        bench.coordinator = Peer(.server, epoch: 8, at: bench.now)
        bench.coordinator.answersHello = false
        bench.role.coordinatorConnected(at: bench.now)
        for case .sendToCoordinator(let envelope) in bench.role.takeEffects() {
            bench.coordinator.answersHello = true
            let welcome = Welcome(heartbeatMilliseconds: 500)
            if let answer = bench.coordinator.hear(envelope, welcome: welcome, at: bench.now) {
                bench.deliver(answer)
            }
        }
        #expect(bench.role.isReady)
        bench.pass(.milliseconds(2900))
        #expect(bench.role.isReady)
        bench.pass(.milliseconds(200))
        #expect(!bench.role.isReady)
    }
}
