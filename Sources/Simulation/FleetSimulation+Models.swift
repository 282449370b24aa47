internal import Contract
internal import Placement
internal import Roles

/// Models that come and go in the simulated workers' memory, and what must hold of them.
extension FleetSimulation {
    /// The pool of a worker that has just started: empty.
    func newPool() -> ModelPool? {
        guard !world.models.isEmpty else { return nil }
        var pool = ModelPool(budgetBytes: world.budgetBytes)
        for model in world.models {
            pool.add(ModelCard(name: model.name, contextTokens: 128), model.wish, neededBytes: model.bytes)
        }
        return pool
    }

    // MARK: What workers do

    func beginLoad(_ copy: ModelCopy, within limit: UInt64, at node: NodeID) {
        guard let worker = workers[node], let model = world.model(copy.model) else {
            return violate("\(node) loads \(copy), which nobody offers")
        }
        if let other = worker.memory.first(where: { $0.value == .loading }) {
            violate("\(node) loads \(copy) while it loads \(other.key)")
        }
        if model.bytes > limit { violate("\(node) loads \(copy) within \(limit) bytes") }
        workers[node]?.memory[copy] = .loading
        workers[node]?.revisions[copy] = fileRevisions[copy.model] ?? 0
        checkMemory(of: node)
        trace?("\(now.microseconds) \(node) loads \(copy)")
        plan(.loads(node, life: worker.state.life, copy, percent: 50), after: random.duration(world.loadTime))
    }

    func load(_ node: NodeID, _ life: Int, _ copy: ModelCopy, _ percent: UInt32) {
        guard let worker = workers[node], worker.state.isAlive, worker.state.life == life,
            let model = world.model(copy.model)
        else { return }
        let local = localTime(node)
        if percent < 100 {
            workers[node]?.role.modelProgressed(
                copy.model,
                generation: copy.generation,
                percent: percent,
                at: local
            )
            let next = SimulationEvent.loads(node, life: life, copy, percent: 100)
            plan(next, after: random.duration(world.loadTime))
        } else if model.isBroken {
            workers[node]?.memory[copy] = nil
            let reason = "the file is damaged"
            workers[node]?.role.modelFailed(
                copy.model,
                generation: copy.generation,
                reason: reason,
                at: local
            )
        } else {
            workers[node]?.memory[copy] = .resident
            var capacity = world.capacity
            capacity.card.name = copy.model
            capacity.card.revision = "\(worker.revisions[copy] ?? 0)"
            capacity.generation = copy.generation
            workers[node]?.role.modelLoaded(
                capacity,
                bytes: model.bytes,
                took: .milliseconds(100),
                at: local
            )
        }
        settleWorker(node)
    }

    func beginDrop(_ copy: ModelCopy, at node: NodeID) {
        guard let worker = workers[node] else { return }
        if let job = worker.runs.first(where: { $0.value == copy })?.key {
            violate("\(node) drops \(copy), on which job \(job) runs")
        }
        workers[node]?.memory[copy] = .leaving
        trace?("\(now.microseconds) \(node) drops \(copy)")
        plan(.drops(node, life: worker.state.life, copy), after: random.duration(1_000...60_000))
    }

    func drop(_ node: NodeID, _ life: Int, _ copy: ModelCopy) {
        guard let worker = workers[node], worker.state.isAlive, worker.state.life == life else { return }
        workers[node]?.memory[copy] = nil
        let local = localTime(node)
        workers[node]?.role.modelDropped(copy.model, generation: copy.generation, at: local)
        settleWorker(node)
    }

    /// A worker begins with a job: on a model that it has.
    func checkStart(of lease: Lease, at node: NodeID) {
        guard !world.models.isEmpty, let worker = workers[node] else { return }
        let job = lease.submission.job
        let copy = ModelCopy(model: job.model, generation: worker.role.generation(of: job.id) ?? 0)
        if worker.memory[copy] != .resident {
            violate("\(node) begins job \(job.id) on \(copy), which it has not")
        }
        workers[node]?.runs[job.id] = copy
    }

    private func checkMemory(of node: NodeID) {
        let used = workers[node]?.memory.keys.reduce(UInt64(0)) {
            $0 + (world.model($1.model)?.bytes ?? 0)
        }
        if let used, used > world.budgetBytes {
            violate("\(node) has \(used) bytes of models, \(world.budgetBytes) are allowed")
        }
    }

    // MARK: What the coordinator says

    /// Where nothing fails, a model is loaded once for all who wait.
    func checkOrder(_ message: Message, to node: NodeID) {
        switch message {
        case .unload(let order): unloads.insert(ModelPlace(node: node, model: order.model))
        case .load(let order):
            unloads.remove(ModelPlace(node: node, model: order.model))
            guard scenario == .placement, order.generation == 0 else { return }
            for (other, worker) in workers where other != node {
                let isLeaving = unloads.contains(ModelPlace(node: other, model: order.model))
                let isThere = worker.memory.contains {
                    $0.key.model == order.model && $0.value != .leaving
                }
                guard isThere, !isLeaving else { continue }
                violate("\(node) is told to load \(order.model), which \(other) has or loads")
            }
        default: break
        }
    }

    // MARK: Operators

    func planCommands() {
        guard !world.models.isEmpty else { return }
        for _ in 0..<8 { plan(.manages, after: random.duration(500_000...11_000_000)) }
    }

    func manage() {
        let edge = NodeID("edge-\(random.next() % 2)")
        guard edges[edge]?.state.isAlive == true, pausedUntil(edge).map({ $0 <= now }) ?? true,
            let model = world.models.randomElement(using: &random)
        else { return }
        let actions: [ManageRequest.Action] = [.load, .reload, .reload, .unload, .status]
        let action = actions.randomElement(using: &random) ?? .status
        let request = ManageRequest(id: random.next(), action: action, model: model.name)
        trace?("\(now.microseconds) \(edge) commands \(action) \(model.name)")
        if action == .reload, random.once(in: 2) { replaceFiles(of: model.name) }
        let local = localTime(edge)
        _ = edges[edge]?.role.manage(request, at: local)
        settleEdge(edge)
    }

    /// Whether a job may be refused because its model could not be loaded.
    func mayFail(_ model: String) -> Bool {
        world.model(model)?.isBroken == true || loadDeaths[model] ?? 0 >= world.placement.strikes
    }

    /// A worker dies: whatever it was loading may be blamed.
    func countLoadDeaths(at node: NodeID) {
        for (copy, state) in workers[node]?.memory ?? [:] where state == .loading {
            loadDeaths[copy.model, default: 0] += 1
        }
    }

    /// Whether all that is in memory is told of, and nothing comes or goes.
    func modelsAreAtRest(_ node: NodeID) -> Bool {
        guard let worker = workers[node] else { return false }
        guard worker.memory.values.allSatisfy({ $0 == .resident }), worker.runs.isEmpty else { return false }
        return worker.role.servedCapacities.allSatisfy { capacity in
            let free = coordinator.role.available(at: node, for: capacity.card.name)
            return free?.freeSequences == capacity.sequences && free?.freeTokens == capacity.tokens
        }
    }
}

/// One load of a model.
struct ModelCopy: Hashable, CustomStringConvertible {
    var model: String
    var generation: UInt32

    var description: String { "\(model)#\(generation)" }
}

struct ModelPlace: Hashable {
    var node: NodeID
    var model: String
}

/// What of a model is in a simulated worker's memory.
enum CopyState: Hashable {
    case loading
    case resident
    case leaving
}

/// A model that simulated workers may load.
struct SimulatedModel: Sendable {
    var name: String
    var bytes: UInt64 = 100
    var wish = ModelWish()
    /// Whether every load of it fails.
    var isBroken = false
}
