internal import Contract
internal import JSON

/// How all models stand, in the words of `/admin/models/status`.
struct PlacementTable {
    private let reply: ManageReply
    private let naming: ModelNaming

    init(_ reply: ManageReply, _ naming: ModelNaming) {
        self.reply = reply
        self.naming = naming
    }

    var whole: JSONObject {
        [
            "object": "placement",
            "models": .array(reply.models.map { .object(json($0)) }),
            "workers": .array(reply.workers.map(json)),
        ]
    }

    func model(_ name: String) -> JSONObject? {
        reply.models.first { $0.name == name }.map(json)
    }

    /// Whether a command has nothing left to wait for.
    func isDone(_ request: ManageRequest) -> Bool {
        let state = reply.models.first { $0.name == request.model }?.state
        switch request.action {
        case .status: return true
        case .reload: return false
        case .load:
            guard let worker = request.worker else { return state == .loaded }
            return stock(of: request.model).contains { $0.node == worker && $0.stock.state.serves }
        case .unload: return stock(of: request.model).allSatisfy { $0.stock.state == .absent }
        }
    }

    private func stock(of model: String) -> [(node: NodeID, stock: ModelStock)] {
        reply.workers.flatMap { worker in
            worker.pool.stock.filter { $0.name == model }.map { (worker.node, $0) }
        }
    }

    private func json(_ model: ManageReply.Model) -> JSONObject {
        let stock = stock(of: model.name)
        var object: JSONObject = [
            "id": .string(model.name),
            "object": "model.placement",
            "state": .string(model.state.rawValue),
            "aliases": .array(naming.names(of: model.name).map { .string($0) }),
            "waiting": .integer(Int64(model.waitingCount)),
            "running": .integer(Int64(model.runningCount)),
            "pinned": .bool(stock.contains { $0.stock.wish.isPinned }),
            "replicas": .integer(Int64(stock.map(\.stock.wish.replicas).max() ?? 1)),
        ]
        if let failure = model.failure { object["failure"] = .string(failure) }
        object["workers"] = .array(stock.map { .object(json($0.node, $0.stock)) })
        return object
    }

    private func json(_ node: NodeID, _ stock: ModelStock) -> JSONObject {
        var object: JSONObject = [
            "worker": .string(node.name),
            "state": .string(stock.state.rawValue),
            "generation": .integer(Int64(stock.generation)),
            "bytes": .integer(Int64(clamping: stock.bytes)),
            "needed_bytes": .integer(Int64(clamping: stock.neededBytes)),
            "load_seconds": .number(Double(stock.loadMilliseconds) / 1000),
            "failures": .integer(Int64(stock.failures)),
        ]
        if stock.state.loads { object["percent"] = .integer(Int64(stock.percent)) }
        if let reason = stock.reason { object["reason"] = .string(reason) }
        return object
    }

    private func json(_ worker: ManageReply.Worker) -> JSONValue {
        let used = worker.pool.stock.reduce(UInt64(0)) { sum, stock in
            let (total, overflow) = sum.addingReportingOverflow(stock.bytes)
            return overflow ? .max : total
        }
        return [
            "worker": .string(worker.node.name),
            "budget_bytes": .integer(Int64(clamping: worker.pool.budgetBytes)),
            "used_bytes": .integer(Int64(clamping: used)),
        ]
    }
}

extension ModelNaming {
    /// Other names for a model, in alphabetical order.
    func names(of model: String) -> [String] { aliases.filter { $0.value == model }.keys.sorted() }
}
