import Contract
import Roles
import Testing

@Suite struct `A worker that tells what it holds` {
    private func link(_ number: UInt64) -> PrefixLink { PrefixLink(high: 5, low: number) }

    private func stored(_ number: UInt64) -> HoldingChange { .stored(Holding(link(number), tokens: 16)) }

    private func reports(_ bench: inout WorkerBench) -> [HoldingsReport] {
        defer { bench.toCoordinator = [] }
        return bench.toCoordinator.compactMap(\.asReport)
    }

    private func loads(_ bench: inout WorkerBench) -> [WorkerLoad] {
        defer { bench.toCoordinator = [] }
        return bench.toCoordinator.compactMap(\.asLoad)
    }

    @Test func `tells everything when a session begins, and then what changes`() {
        var bench = WorkerBench()
        bench.role.hold([stored(1), stored(2)])
        bench.pass(.milliseconds(50))
        #expect(reports(&bench).map(\.restarts).first == true)
        bench.role.hold([.dropped(link(1)), stored(3)])
        bench.pass(.milliseconds(50))
        #expect(reports(&bench).flatMap(\.changes) == [.dropped(link(1)), stored(3)])
        bench.role.coordinatorDisconnected()
        bench.role.hold([stored(4)])
        bench.role.coordinatorConnected(at: bench.now)
        bench.settle()
        bench.pass(.milliseconds(50))
        let again = reports(&bench)
        #expect(again.first?.restarts == true)
        #expect(Set(again.flatMap(\.changes)) == [stored(2), stored(3), stored(4)])
    }

    @Test func `tells everything again when it is asked to`() {
        var bench = WorkerBench()
        bench.role.hold([stored(1)])
        bench.pass(.milliseconds(100))
        _ = reports(&bench)
        bench.coordinatorSays(.recountHoldings)
        bench.pass(.milliseconds(50))
        #expect(reports(&bench).map { [$0.restarts, $0.changes == [stored(1)]] } == [[true, true]])
    }

    @Test func `has the books compared once they have changed`() {
        var bench = WorkerBench()
        bench.role.hold([stored(1), stored(2)])
        bench.pass(.seconds(3))
        let digests = bench.toCoordinator.compactMap { message -> HoldingsDigest? in
            if case .holdingsDigest(let digest) = message { digest } else { nil }
        }
        #expect(digests.last?.count == 2)
        #expect(digests.last?.sum == link(1) ^ link(2))
        #expect(digests.count <= 2)
    }

    @Test func `counts the prompts that it has yet to compute`() {
        var bench = WorkerBench()
        bench.pass(.milliseconds(50))
        #expect(loads(&bench).last?.models.map(\.promptTokens) == [0])
        bench.lease(job(1))
        bench.pass(.milliseconds(50))
        let waiting = loads(&bench).last
        #expect(waiting?.includesLeases == 1)
        #expect(waiting?.models.map(\.promptTokens) == [10])
        bench.role.prepared(id(1), .first, promptTokens: 8)
        bench.pass(.milliseconds(50))
        #expect(loads(&bench).last?.models.map(\.promptTokens) == [8])
        // From the opening on the engine knows better.
        var opening = record(1, at: 0, 0)
        opening.opening = StreamOpening(promptTokens: 8, cachedTokens: 0)
        bench.role.measured(ModelLoad(model: "m", promptTokens: 5, promptRate: 100))
        bench.produce(opening)
        bench.pass(.milliseconds(50))
        #expect(loads(&bench).last?.models == [ModelLoad(model: "m", promptTokens: 5, promptRate: 100)])
        bench.role.measured(ModelLoad(model: "m", promptTokens: 5, promptRate: 103))
        bench.pass(.milliseconds(200))
        #expect(loads(&bench).isEmpty)
    }

    @Test func `counts a cancelled job no more`() {
        var bench = WorkerBench()
        bench.lease(job(1))
        bench.lease(job(2))
        bench.pass(.milliseconds(50))
        _ = loads(&bench)
        bench.coordinatorSays(.cancel(id(1), .first))
        bench.pass(.milliseconds(50))
        #expect(loads(&bench).last?.models.map(\.promptTokens) == [10])
    }
}
