import Contract
import Testing
import Wire

@Suite struct `A gauge of malformed frames` {
    let peer = NodeID("worker-1")

    @Test func `drops a peer at its 16th within a minute`() {
        var gauge = MalformedGauge()
        for index in 0..<15 {
            let verdict = gauge.count(peer, at: .zero + .seconds(index * 3))
            #expect(verdict == .answer(log: index == 0))
        }
        #expect(gauge.count(peer, at: .zero + .seconds(59)) == .drop(for: .seconds(60)))
        #expect(gauge.count(peer, at: .zero + .seconds(120)) == .answer(log: true))
    }

    @Test func `bears any number that comes slowly, and asks for one log line a minute`() {
        var gauge = MalformedGauge()
        var lineCount = 0
        for index in 0..<1000 {
            let verdict = gauge.count(peer, at: .zero + .seconds(index * 4))
            guard case .answer(let log) = verdict else {
                Issue.record("dropped at \(index)")
                return
            }
            if log { lineCount += 1 }
        }
        #expect(lineCount == 67)
    }

    @Test func `does not hold one peer to another's account`() {
        var gauge = MalformedGauge()
        for _ in 0..<15 { _ = gauge.count(peer, at: .zero) }
        #expect(gauge.count(NodeID("worker-2"), at: .zero) == .answer(log: true))
        #expect(gauge.count(peer, at: .zero) == .drop(for: .seconds(60)))
    }

    @Test func `remembers a bounded number of peers`() {
        var gauge = MalformedGauge(peerLimit: 100)
        for index in 0..<10_000 {
            _ = gauge.count(NodeID("n\(index)"), at: Instant(microseconds: Int64(index)))
            #expect(gauge.peerCount <= 100)
        }
        #expect(gauge.count(NodeID("late"), at: .zero + .seconds(600)) == .answer(log: true))
        #expect(gauge.peerCount == 1)
    }
}
