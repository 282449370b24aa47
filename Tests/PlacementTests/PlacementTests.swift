import Contract
import Testing

@testable import Placement

/// Workers played by hand: what they are told they do at once, or when the test says so.
private struct Yard {
    var placement: Placement
    var now = Instant(microseconds: 1_000_000_000)
    var demand: [String: ModelDemand] = [:]

    init(_ policy: PlacementPolicy = PlacementPolicy()) { placement = Placement(policy) }

    mutating func join(
        _ node: String,
        budget: UInt64 = 250,
        _ models: [String],
        wish: ModelWish = ModelWish()
    ) {
        let stock = models.map {
            ModelStock(ModelCard(name: $0, contextTokens: 10), wish: wish, neededBytes: 100)
        }
        placement.joined(NodeID(node), WorkerPool(budgetBytes: budget, stock: stock), at: now)
    }

    func stock(_ node: String, _ model: String) -> ModelStock {
        placement.shelves[NodeID(node)]?.entries[model]?.stock
            ?? ModelStock(ModelCard(name: model, contextTokens: 10), neededBytes: 100)
    }

    /// A worker says how a model stands.
    mutating func tell(
        _ node: String,
        _ model: String,
        _ state: ModelStock.State,
        _ change: (inout ModelStock) -> Void = { _ in }
    ) {
        var stock = stock(node, model)
        stock.state = state
        stock.bytes = state == .absent ? 0 : 100
        stock.loadMilliseconds = 1000
        if state.serves { stock.generation = max(1, stock.generation) }
        change(&stock)
        placement.heard(NodeID(node), [stock], at: now)
    }

    mutating func want(_ model: String, waited seconds: Double = 1, count: Int = 1) {
        demand[model] = ModelDemand(waitingCount: count, waitedSeconds: seconds)
    }

    mutating func run(_ model: String, at node: String) {
        demand[model] = ModelDemand(running: [NodeID(node): 1])
    }

    mutating func decide(after time: Duration = .milliseconds(50)) -> [Placement.Decision] {
        now = now + time
        return placement.decide(demand, at: now)
    }

    /// Loads a model there.
    mutating func fill(_ node: String, _ model: String) {
        tell(node, model, .loading)
        tell(node, model, .resident)
    }
}

private func load(_ node: String, _ model: String, above generation: UInt32 = 0) -> Placement.Decision {
    .load(NodeID(node), ModelOrder(model, generation: generation))
}

private func unload(_ node: String, _ model: String, upTo generation: UInt32 = 1) -> Placement.Decision {
    .unload(NodeID(node), ModelOrder(model, generation: generation))
}

@Suite struct `Placement of models` {
    @Test func `loads nothing that nobody asks for`() {
        var yard = Yard()
        yard.join("w", ["a", "b"])
        #expect(yard.decide().isEmpty)
        #expect(yard.placement.state(of: "a").state == .unloaded)
        #expect(yard.placement.state(of: "c").state == .away)
    }

    @Test func `loads once for all who wait`() {
        var yard = Yard()
        yard.join("w1", ["a"])
        yard.join("w2", ["a"])
        yard.want("a", count: 30)
        #expect(yard.decide() == [load("w1", "a")])
        #expect(yard.decide().isEmpty)
        yard.tell("w1", "a", .loading) { $0.percent = 43 }
        #expect(yard.decide().isEmpty)
        #expect(yard.placement.state(of: "a") == (.loading, 43))
        yard.tell("w1", "a", .resident)
        #expect(yard.decide().isEmpty)
        #expect(yard.placement.state(of: "a").state == .loaded)
    }

    @Test func `loads on as many workers as the wish says, the further ones into free memory only`() {
        var yard = Yard()
        let wish = ModelWish(replicas: 2)
        yard.join("w1", ["a"], wish: wish)
        yard.join("w2", ["a"], wish: wish)
        yard.join("w3", ["a"], wish: wish)
        yard.want("a")
        #expect(yard.decide() == [load("w1", "a")])
        #expect(yard.decide() == [load("w2", "a")])
        #expect(yard.decide().isEmpty)
    }

    @Test func `gives a worker one load at a time`() {
        var yard = Yard()
        yard.join("w", ["a", "b"])
        yard.want("a", waited: 2)
        yard.want("b", waited: 5)
        #expect(yard.decide() == [load("w", "b")])
        yard.tell("w", "b", .loading)
        #expect(yard.decide().isEmpty)
        yard.tell("w", "b", .resident)
        #expect(yard.decide() == [load("w", "a")])
    }

    @Test func `makes room by what was used longest ago`() {
        var yard = Yard()
        yard.join("w", ["a", "b", "c"])
        for model in ["a", "b"] { yard.fill("w", model) }
        yard.want("a")
        _ = yard.decide()
        yard.demand = [:]
        _ = yard.decide(after: .seconds(1))
        yard.want("c")
        #expect(yard.decide() == [unload("w", "b")])
        #expect(yard.decide().isEmpty, "it drains")
        yard.tell("w", "b", .draining)
        #expect(yard.decide().isEmpty)
        yard.tell("w", "b", .absent)
        #expect(yard.decide() == [load("w", "c")])
    }

    @Test func `lets what is pinned stay, and loads it unasked`() {
        var yard = Yard()
        yard.join("w", budget: 100, ["p"], wish: ModelWish(isPinned: true))
        #expect(yard.decide() == [load("w", "p")])
        yard.fill("w", "p")
        yard.tell("w", "b", .absent)
        yard.want("b", waited: 1e6)
        #expect(yard.decide(after: .seconds(100_000)).isEmpty)
        #expect(yard.placement.failure(of: "b")?.contains("no worker has more than 0") == true)
        #expect(throws: Refusal.self) { try yard.placement.unload("p", on: nil) }
    }

    @Test func `lets what is wanted stay until others have waited longer and it was here for a while`() {
        var yard = Yard()
        yard.join("w", budget: 100, ["a", "b"])
        yard.fill("w", "a")
        yard.run("a", at: "w")
        yard.want("b", waited: 1000)
        #expect(yard.decide(after: .seconds(59)).isEmpty)
        #expect(yard.decide(after: .seconds(2)) == [unload("w", "a")])
        yard.join("w", budget: 100, ["a", "b"])
        yard.fill("w", "a")
        yard.demand["a"] = ModelDemand(waitingCount: 3, waitedSeconds: 2000)
        #expect(yard.decide(after: .seconds(100)).isEmpty, "its own jobs have waited longer")
    }

    @Test func `asks the worker that has room before one that has to make some`() {
        var yard = Yard()
        yard.join("w1", budget: 100, ["a", "b"])
        yard.join("w2", budget: 100, ["a", "b"])
        yard.fill("w1", "a")
        yard.want("b")
        #expect(yard.decide() == [load("w2", "b")])
    }

    @Test func `unloads what nobody has used for as long as the wish says`() {
        var yard = Yard()
        yard.join("w", ["a"], wish: ModelWish(idleUnloadSeconds: 10))
        yard.fill("w", "a")
        yard.run("a", at: "w")
        #expect(yard.decide(after: .seconds(60)).isEmpty)
        yard.demand = [:]
        #expect(yard.decide(after: .seconds(9)).isEmpty)
        #expect(yard.decide(after: .seconds(2)) == [unload("w", "a")])
    }

    @Test func `takes up after a hello what a lost session has left open`() {
        var yard = Yard()
        yard.join("w", ["a"])
        yard.want("a")
        #expect(yard.decide() == [load("w", "a")])
        yard.placement.lostSight(of: NodeID("w"))
        #expect(yard.decide().isEmpty)
        yard.join("w", ["a"])
        #expect(yard.decide() == [load("w", "a")])
    }
}

@Suite struct `A model that cannot be loaded` {
    private func fail(_ yard: inout Yard, _ node: String, _ failures: UInt32) {
        yard.tell(node, "a", .loading)
        yard.tell(node, "a", .absent) {
            $0.failures = failures
            $0.reason = "the file is damaged"
        }
    }

    @Test func `is tried elsewhere after a pause, and given up after three strikes`() {
        var yard = Yard()
        yard.join("w1", ["a"])
        yard.join("w2", ["a"])
        yard.want("a")
        #expect(yard.decide() == [load("w1", "a")])
        fail(&yard, "w1", 1)
        #expect(yard.decide(after: .milliseconds(500)).isEmpty)
        #expect(yard.decide(after: .seconds(1)) == [load("w2", "a")])
        fail(&yard, "w2", 1)
        #expect(yard.decide(after: .seconds(1)).isEmpty)
        #expect(yard.decide(after: .seconds(2)).count == 1)
        fail(&yard, "w1", 2)
        #expect(yard.decide(after: .seconds(3600)).isEmpty)
        #expect(yard.placement.state(of: "a").state == .failed)
        #expect(yard.placement.failure(of: "a") == "loading failed 3 times: the file is damaged")
    }

    @Test func `is tried again when somebody says so`() throws {
        var yard = Yard()
        yard.join("w", ["a"])
        for failures in UInt32(1)...3 { fail(&yard, "w", failures) }
        #expect(yard.placement.failure(of: "a") != nil)
        let told = try yard.placement.load("a", on: nil, at: yard.now)
        #expect(told == [.unload(NodeID("w"), ModelOrder("a", generation: 0, forgives: true))])
        #expect(yard.placement.failure(of: "a") == nil)
        #expect(yard.decide() == [load("w", "a")])
    }

    @Test func `is blamed for workers that die while they load it, until one lives`() {
        var yard = Yard()
        for round in 1...3 {
            yard.join("w\(round)", ["a"])
            yard.tell("w\(round)", "a", .loading)
            yard.join("other", ["a"])
            yard.placement.left(NodeID("w\(round)"), died: true, at: yard.now)
        }
        #expect(
            yard.placement.failure(of: "a") == "loading failed 3 times: workers died while they loaded it"
        )
        yard.fill("other", "a")
        #expect(yard.placement.failure(of: "a") == nil)
        yard.tell("other", "a", .absent)
        #expect(yard.placement.failure(of: "a") == nil)
    }

    @Test func `is not blamed when a worker leaves on purpose`() {
        var yard = Yard()
        yard.join("w", ["a"])
        yard.tell("w", "a", .loading)
        yard.placement.left(NodeID("w"), died: false, at: yard.now)
        yard.join("w", ["a"])
        yard.want("a")
        #expect(yard.decide() == [load("w", "a")])
    }

    @Test func `fits nowhere and says so at once`() {
        var yard = Yard()
        yard.join("w", budget: 99, ["a"])
        yard.want("a")
        #expect(yard.decide().isEmpty)
        #expect(yard.placement.failure(of: "a")?.contains("needs 100 bytes") == true)
    }
}

@Suite struct `A command` {
    @Test func `to load makes room by what others want`() throws {
        var yard = Yard()
        yard.join("w", budget: 100, ["a", "b"])
        yard.fill("w", "a")
        yard.run("a", at: "w")
        _ = try yard.placement.load("b", on: nil, at: yard.now)
        #expect(yard.decide() == [unload("w", "a")])
        yard.tell("w", "a", .absent)
        #expect(yard.decide() == [load("w", "b")])
    }

    @Test func `to load at a worker loads there, though another one has it`() throws {
        var yard = Yard()
        yard.join("w1", ["a"])
        yard.join("w2", ["a"])
        yard.fill("w1", "a")
        _ = try yard.placement.load("a", on: NodeID("w2"), at: yard.now)
        let told = yard.decide()
        #expect(told.isEmpty || told == [load("w2", "a")])
    }

    @Test func `to load anew goes from worker to worker`() throws {
        var yard = Yard()
        for node in ["w1", "w2"] {
            yard.join(node, ["a"])
            yard.fill(node, "a")
        }
        _ = try yard.placement.reload("a", on: nil, at: yard.now)
        let first = Placement.Decision.load(NodeID("w1"), ModelOrder("a", generation: 1, forgives: true))
        let second = Placement.Decision.load(NodeID("w2"), ModelOrder("a", generation: 1, forgives: true))
        #expect(yard.decide() == [first])
        yard.tell("w1", "a", .swapping)
        #expect(yard.decide().isEmpty)
        yard.tell("w1", "a", .resident) { $0.generation = 2 }
        #expect(yard.decide() == [second])
        yard.tell("w2", "a", .resident) {
            $0.failures = 1
            $0.reason = "no"
        }
        #expect(yard.decide().isEmpty)
    }

    @Test func `to unload lets what runs end, and what nobody has is no error`() throws {
        var yard = Yard()
        yard.join("w", ["a", "b"])
        yard.fill("w", "a")
        #expect(try yard.placement.unload("a", on: nil) == [unload("w", "a", upTo: .max)])
        #expect(yard.placement.serves("a", at: NodeID("w")) == false)
        #expect(try yard.placement.unload("b", on: nil) == [])
    }

    @Test func `for what nobody knows says what there is`() {
        var yard = Yard()
        yard.join("w", ["a"])
        let refusal = #expect(throws: Refusal.self) { try yard.placement.load("x", on: nil, at: yard.now) }
        #expect(refusal?.code == .unknownModel)
        #expect(refusal?.detail.contains("there is: a") == true)
        #expect(throws: Refusal.self) { try yard.placement.load("a", on: NodeID("v"), at: yard.now) }
    }
}
