import Contract
import Placement
import Roles
import Testing

@Suite struct `A worker whose models come and go` {
    private func bench() -> WorkerBench {
        var pool = ModelPool(budgetBytes: 250)
        pool.add(card, ModelWish(isPinned: true), neededBytes: 100)
        return WorkerBench(pool: pool)
    }

    private func capacity(_ generation: UInt32) -> WorkerRole.Capacity {
        WorkerRole.Capacity(card: card, sequences: 4, tokens: 1000, generation: generation)
    }

    private func finish(_ bench: inout WorkerBench, _ generation: UInt32) {
        bench.role.modelLoaded(capacity(generation), bytes: 100, took: .seconds(1), at: bench.now)
        bench.settle()
    }

    @Test func `tells in its hello all that it could load`() {
        var bench = bench()
        let hello = bench.heard().compactMap(\.asHello).first
        #expect(hello?.models == [])
        #expect(hello?.pool?.budgetBytes == 250)
        #expect(hello?.pool?.stock.map(\.name) == ["m"])
        #expect(hello?.pool?.stock.first?.wish.isPinned == true)
    }

    @Test func `loads on order, tells how far it is, and grants credit once it is done`() {
        var bench = bench()
        bench.coordinatorSays(.load(ModelOrder("m", generation: 0)))
        #expect(bench.loads == [ModelCopy("m", 1)])
        bench.role.modelProgressed("m", generation: 1, percent: 43, at: bench.now)
        bench.settle()
        #expect(bench.heard().compactMap(\.asStock).map { $0.first?.percent } == [0, 43])
        finish(&bench, 1)
        let heard = bench.heard()
        #expect(heard.compactMap(\.asStock).last?.first?.state == .resident)
        #expect(heard.compactMap(\.asCredit).last?.models.first?.freeSequences == 4)
    }

    @Test func `lets jobs end before it gives a model up, and takes no further ones`() {
        var bench = bench()
        bench.coordinatorSays(.load(ModelOrder("m", generation: 0)))
        finish(&bench, 1)
        bench.lease(job(1))
        bench.coordinatorSays(.unload(ModelOrder("m", generation: 1)))
        #expect(bench.drops.isEmpty)
        bench.lease(job(2))
        #expect(bench.heard().contains(.declined(id(2), .first, Decline(.modelGone))))
        bench.produce(record(1, at: 0, 1, end: .length))
        bench.pass(.milliseconds(100))
        #expect(bench.drops == [ModelCopy("m", 1)])
        bench.role.modelDropped("m", generation: 1, at: bench.now)
        bench.settle()
        #expect(bench.heard().compactMap(\.asStock).last?.first?.state == .absent)
    }

    @Test func `keeps jobs on the load that they began with`() {
        var bench = bench()
        bench.coordinatorSays(.load(ModelOrder("m", generation: 0)))
        finish(&bench, 1)
        bench.lease(job(1))
        bench.coordinatorSays(.load(ModelOrder("m", generation: 1)))
        finish(&bench, 2)
        bench.lease(job(2))
        #expect(bench.role.generation(of: id(1)) == 1)
        #expect(bench.role.generation(of: id(2)) == 2)
        // The job of the former load takes no place of this one.
        #expect(bench.heard().compactMap(\.asCredit).last?.models.first?.freeSequences == 3)
        bench.produce(record(1, at: 0, 1, end: .length))
        bench.pass(.milliseconds(100))
        #expect(bench.drops == [ModelCopy("m", 1)])
    }

    @Test func `takes nothing new on while it leaves`() {
        var bench = bench()
        bench.role.drain(at: bench.now)
        bench.coordinatorSays(.load(ModelOrder("m", generation: 0)))
        #expect(bench.loads.isEmpty)
    }
}

@Suite struct `A coordinator of models that come and go` {
    private func stock(
        _ state: ModelStock.State,
        _ change: (inout ModelStock) -> Void = { _ in }
    ) -> ModelStock {
        var stock = ModelStock(card, neededBytes: 100)
        stock.state = state
        stock.loadMilliseconds = 2000
        change(&stock)
        return stock
    }

    private func bench(_ state: ModelStock.State = .absent) -> CoordinatorBench {
        var bench = CoordinatorBench.settled()
        bench.joinWorker("w", pool: WorkerPool(budgetBytes: 250, stock: [stock(state)]))
        return bench
    }

    @Test func `takes jobs for what can be loaded, has it loaded, and leases them then`() {
        var bench = bench()
        let models = bench.heard().compactMap(\.asModels).last
        #expect(models?.first?.state == .unloaded)
        #expect(models?.first?.isServed == false)
        bench.submit(job(1))
        bench.submit(job(2))
        bench.pass(.milliseconds(500), talking: ["edge", "w"])
        #expect(bench.heard(at: "w").filter { !$0.isWelcome } == [.load(ModelOrder("m", generation: 0))])
        bench.say(.stock([stock(.loading) { $0.percent = 43 }]), by: "w")
        bench.pass(.milliseconds(100), talking: ["edge", "w"])
        let told = bench.heard().compactMap(\.asModels).last?.first
        #expect(told?.state == .loading)
        #expect(told?.percent == 43)
        bench.say(.stock([stock(.resident) { $0.generation = 1 }]), by: "w")
        bench.credit("w", 4)
        #expect(bench.leases(at: "w").map(\.submission.job.id) == [id(1), id(2)])
    }

    @Test func `refuses jobs for what has failed three times, with the reason`() {
        var bench = bench()
        bench.submit(job(1))
        bench.say(
            .stock([
                stock(.absent) {
                    $0.failures = 3
                    $0.reason = "damaged"
                }
            ]),
            by: "w"
        )
        bench.submit(job(2))
        let refusals = bench.heard().compactMap(\.asRefusal)
        #expect(refusals.map(\.code) == [.modelFailed, .modelFailed])
        #expect(refusals.first?.detail.contains("damaged") == true)
    }

    @Test func `knows from the hello what its forerunner had loaded`() {
        var bench = bench(.resident)
        bench.credit("w", 4)
        bench.submit(job(1))
        bench.pass(.milliseconds(500), talking: ["edge", "w"])
        let heard = bench.heard(at: "w").filter { !$0.isWelcome }
        #expect(heard.compactMap(\.asLease).count == 1)
        #expect(heard.count == 1)
    }

    @Test func `leases nothing on what it has told to leave`() {
        var bench = bench(.resident)
        bench.credit("w", 4)
        bench.say(.manage(ManageRequest(id: 7, action: .unload, model: "m")), by: "edge")
        bench.submit(job(1))
        let heard = bench.heard(at: "w").filter { !$0.isWelcome }
        #expect(heard == [.unload(ModelOrder("m", generation: .max))])
    }

    @Test func `answers operators with how everything stands`() {
        var bench = bench()
        bench.say(.manage(ManageRequest(id: 7, action: .load, model: "x")), by: "edge")
        let reply = bench.heard().compactMap(\.asReply).last
        #expect(reply?.id == 7)
        #expect(reply?.refusal?.code == .unknownModel)
        #expect(reply?.models.map(\.state) == [.unloaded])
        #expect(reply?.workers.map(\.node) == [NodeID("w")])
        bench.say(.manage(ManageRequest(id: 8, action: .load, model: "m")), by: "edge")
        #expect(bench.heard().compactMap(\.asReply).last?.models.map(\.state) == [.loading])
    }
}

extension Message {
    fileprivate var asStock: [ModelStock]? { if case .stock(let stock) = self { stock } else { nil } }
    fileprivate var asModels: [ModelCard]? { if case .models(let models) = self { models } else { nil } }
    fileprivate var asReply: ManageReply? { if case .managed(let reply) = self { reply } else { nil } }
    fileprivate var isWelcome: Bool { if case .welcome = self { true } else { false } }
}
