import Contract
import Testing

@testable import Placement

@Suite struct `A worker's pool of models` {
    private static let start = Instant(microseconds: 1_000_000)

    private func pool(budget: UInt64 = 250) -> ModelPool {
        var pool = ModelPool(budgetBytes: budget)
        for name in ["a", "b", "c"] { pool.add(card(name), ModelWish(), neededBytes: 100) }
        return pool
    }

    private func card(_ name: String) -> ModelCard { ModelCard(name: name, contextTokens: 10) }

    private func finish(_ pool: inout ModelPool, _ name: String, _ generation: UInt32, bytes: UInt64 = 100) {
        pool.loaded(card(name), generation: generation, bytes: bytes, took: .seconds(1), at: Self.start)
    }

    private func state(_ pool: inout ModelPool, _ name: String) -> ModelStock.State? {
        pool.whole(at: Self.start).stock.first { $0.name == name }?.state
    }

    @Test func `loads one model at a time, and each once`() {
        var pool = pool()
        pool.load(ModelOrder("a", generation: 0))
        pool.load(ModelOrder("a", generation: 0))
        pool.load(ModelOrder("b", generation: 0))
        #expect(pool.takeActions() == [.load("a", generation: 1, within: 250)])
        finish(&pool, "a", 1)
        pool.load(ModelOrder("a", generation: 0))
        #expect(pool.takeActions().isEmpty)
        pool.load(ModelOrder("b", generation: 0))
        #expect(pool.takeActions() == [.load("b", generation: 1, within: 150)])
        #expect(pool.usedBytes == 200)
        #expect(pool.audit().isEmpty)
    }

    @Test func `loads nothing that there is no room for`() {
        var pool = pool(budget: 199)
        pool.load(ModelOrder("a", generation: 0))
        finish(&pool, "a", 1)
        _ = pool.takeActions()
        pool.load(ModelOrder("b", generation: 0))
        #expect(pool.takeActions().isEmpty)
        #expect(state(&pool, "b") == .absent)
    }

    @Test func `answers every order with how the model stands`() {
        var pool = pool()
        _ = pool.whole(at: Self.start)
        pool.unload(ModelOrder("c", generation: .max))
        #expect(pool.takeChanges(at: Self.start).map(\.name) == ["c"])
        #expect(!pool.hasChanged)
    }

    @Test func `gives memory up when nobody runs on it any more`() {
        var pool = pool()
        pool.load(ModelOrder("a", generation: 0))
        finish(&pool, "a", 1)
        _ = pool.takeActions()
        pool.unload(ModelOrder("a", generation: 1))
        #expect(pool.generation(of: "a") == nil)
        pool.settle { _, _ in true }
        #expect(pool.takeActions().isEmpty)
        #expect(state(&pool, "a") == .draining)
        pool.settle { _, _ in false }
        #expect(pool.takeActions() == [.drop("a", generation: 1)])
        pool.settle { _, _ in false }
        #expect(pool.takeActions().isEmpty, "told once")
        #expect(pool.usedBytes == 100)
        pool.dropped("a", generation: 1)
        #expect(pool.usedBytes == 0)
        #expect(state(&pool, "a") == .absent)
    }

    @Test func `keeps a generation that is younger than the order to unload`() {
        var pool = pool()
        pool.load(ModelOrder("a", generation: 0))
        finish(&pool, "a", 1)
        pool.load(ModelOrder("a", generation: 1))
        finish(&pool, "a", 2)
        pool.unload(ModelOrder("a", generation: 1))
        #expect(pool.generation(of: "a") == 2)
    }

    @Test func `loads the next generation beside the one that serves`() {
        var pool = pool()
        pool.load(ModelOrder("a", generation: 0))
        finish(&pool, "a", 1)
        _ = pool.takeActions()
        pool.load(ModelOrder("a", generation: 1))
        #expect(pool.takeActions() == [.load("a", generation: 2, within: 150)])
        #expect(state(&pool, "a") == .swapping)
        #expect(pool.generation(of: "a") == 1)
        finish(&pool, "a", 2, bytes: 90)
        #expect(pool.generation(of: "a") == 2)
        #expect(pool.usedBytes == 190)
        pool.settle { _, _ in false }
        #expect(pool.takeActions() == [.drop("a", generation: 1)])
        pool.dropped("a", generation: 1)
        #expect(pool.usedBytes == 90)
    }

    @Test func `drains the old generation first where there is no room for two`() {
        var pool = pool(budget: 120)
        pool.load(ModelOrder("a", generation: 0))
        finish(&pool, "a", 1)
        _ = pool.takeActions()
        pool.load(ModelOrder("a", generation: 1))
        #expect(state(&pool, "a") == .reloading)
        pool.settle { _, _ in false }
        #expect(pool.takeActions() == [.drop("a", generation: 1)])
        pool.dropped("a", generation: 1)
        #expect(pool.takeActions() == [.load("a", generation: 2, within: 120)])
        finish(&pool, "a", 2)
        #expect(pool.generation(of: "a") == 2)
    }

    @Test func `keeps what serves when the next generation cannot be loaded`() {
        var pool = pool()
        pool.load(ModelOrder("a", generation: 0))
        finish(&pool, "a", 1)
        pool.load(ModelOrder("a", generation: 1))
        pool.failed("a", generation: 2, reason: "damaged")
        let stock = pool.whole(at: Self.start).stock.first
        #expect(stock?.state == .resident)
        #expect(stock?.failures == 1)
        #expect(stock?.reason == "damaged")
        #expect(pool.generation(of: "a") == 1)
        pool.unload(ModelOrder("a", generation: 0, forgives: true))
        #expect(pool.whole(at: Self.start).stock.first?.failures == 0)
    }

    @Test func `gives up at once what was unloaded while it came`() {
        var pool = pool()
        pool.load(ModelOrder("a", generation: 0))
        pool.unload(ModelOrder("a", generation: .max))
        finish(&pool, "a", 1)
        #expect(pool.generation(of: "a") == nil)
        _ = pool.takeActions()
        pool.settle { _, _ in false }
        #expect(pool.takeActions() == [.drop("a", generation: 1)])
    }

    @Test func `estimates a load by those before it`() {
        var pool = pool()
        pool.load(ModelOrder("a", generation: 0))
        pool.loaded(card("a"), generation: 1, bytes: 100, took: .seconds(4), at: Self.start)
        let stock = pool.whole(at: Self.start).stock
        #expect(stock.map(\.loadMilliseconds) == [4000, 4000, 4000])
    }
}
