internal import Contract
internal import JSON

/// `load`, `unload`, `stock`, `manage` and `managed` as JSON, and the pool in a worker's hello; the schemas
/// have the same names.
enum PlacementBody {
    // MARK: Orders

    static func json(_ order: ModelOrder) throws(FrameError) -> JSONValue {
        [
            "model": try MemberWriter.text("model", order.model, atMost: WireLimits.nameBytes),
            "generation": MemberWriter.integer(order.generation),
            "forgives": .bool(order.forgives),
        ]
    }

    static func readOrder(_ members: Members) throws(FrameError) -> ModelOrder {
        ModelOrder(
            try members.text("model", atMost: WireLimits.nameBytes),
            generation: try members.integer("generation"),
            forgives: try members.flag("forgives")
        )
    }

    // MARK: Stock

    static func json(_ pool: WorkerPool) throws(FrameError) -> JSONValue {
        [
            "budget_bytes": try MemberWriter.counter("pool.budget_bytes", pool.budgetBytes),
            "stock": try array(pool.stock),
        ]
    }

    static func readPool(_ members: Members) throws(FrameError) -> WorkerPool {
        WorkerPool(budgetBytes: try members.counter("budget_bytes"), stock: try readStock(members))
    }

    static func json(_ stock: [ModelStock]) throws(FrameError) -> JSONValue { ["stock": try array(stock)] }

    private static func array(_ stock: [ModelStock]) throws(FrameError) -> JSONValue {
        try MemberWriter.array("stock", stock, atMost: WireLimits.models, json)
    }

    private static func json(_ stock: ModelStock) throws(FrameError) -> JSONValue {
        var object: JSONObject = [
            "card": try GreetingBody.json(stock.card),
            "pinned": .bool(stock.wish.isPinned),
            "replicas": MemberWriter.integer(stock.wish.replicas),
            "state": .string(stock.state.rawValue),
            "generation": MemberWriter.integer(stock.generation),
            "percent": MemberWriter.integer(stock.percent),
            "bytes": try MemberWriter.counter("stock[].bytes", stock.bytes),
            "needed_bytes": try MemberWriter.counter("stock[].needed_bytes", stock.neededBytes),
            "load_ms": MemberWriter.integer(stock.loadMilliseconds),
            "resident_ms": MemberWriter.integer(stock.residentMilliseconds),
            "failures": MemberWriter.integer(stock.failures),
        ]
        object["idle_unload_s"] = MemberWriter.optionalInteger(stock.wish.idleUnloadSeconds)
        object["reason"] = stock.reason.map(MemberWriter.detail)
        return .object(object)
    }

    static func readStock(_ members: Members) throws(FrameError) -> [ModelStock] {
        var stock: [ModelStock] = []
        for entry in try members.objects("stock", atMost: WireLimits.models) {
            stock.append(try readEntry(entry))
        }
        return stock
    }

    private static func readEntry(_ members: Members) throws(FrameError) -> ModelStock {
        let wish = ModelWish(
            isPinned: try members.flag("pinned"),
            replicas: try members.integer("replicas"),
            idleUnloadSeconds: try members.optionalInteger("idle_unload_s")
        )
        var stock = ModelStock(
            try GreetingBody.readCard(try members.members("card")),
            wish: wish,
            neededBytes: try members.counter("needed_bytes")
        )
        stock.state = try members.word("state")
        stock.generation = try members.integer("generation")
        stock.percent = try members.integer("percent")
        stock.bytes = try members.counter("bytes")
        stock.loadMilliseconds = try members.integer("load_ms")
        stock.residentMilliseconds = try members.integer("resident_ms")
        stock.failures = try members.integer("failures")
        stock.reason = try members.optionalText("reason", atMost: WireLimits.detailBytes)
        return stock
    }

    // MARK: Commands

    static func json(_ request: ManageRequest) throws(FrameError) -> JSONValue {
        var object: JSONObject = [
            "id": .string(String(request.id)),
            "action": .string(request.action.rawValue),
            "model": try MemberWriter.text("model", request.model, atMost: WireLimits.nameBytes),
        ]
        object["worker"] = try MemberWriter.optionalNode("worker", request.worker)
        return .object(object)
    }

    static func readRequest(_ members: Members) throws(FrameError) -> ManageRequest {
        ManageRequest(
            id: try members.decimal("id"),
            action: try members.word("action"),
            model: try members.text("model", atMost: WireLimits.nameBytes),
            worker: try members.optionalNode("worker")
        )
    }

    static func json(_ reply: ManageReply) throws(FrameError) -> JSONValue {
        var object: JSONObject = [
            "id": .string(String(reply.id)),
            "models": try MemberWriter.array("models", reply.models, atMost: WireLimits.models, json),
            "workers": try MemberWriter.array("workers", reply.workers, atMost: WireLimits.models) {
                worker throws(FrameError) in
                [
                    "worker": try MemberWriter.node("workers[].worker", worker.node),
                    "pool": try json(worker.pool),
                ]
            },
        ]
        if let refusal = reply.refusal {
            var members: JSONObject = [
                "code": .string(refusal.code.rawValue), "detail": MemberWriter.detail(refusal.detail),
            ]
            members["retry_after_s"] = MemberWriter.optionalInteger(refusal.retryAfterSeconds)
            object["refusal"] = .object(members)
        }
        return .object(object)
    }

    private static func json(_ model: ManageReply.Model) throws(FrameError) -> JSONValue {
        var object: JSONObject = [
            "name": try MemberWriter.text("models[].name", model.name, atMost: WireLimits.nameBytes),
            "state": .string(model.state.rawValue),
            "waiting": MemberWriter.integer(model.waitingCount),
            "running": MemberWriter.integer(model.runningCount),
        ]
        object["failure"] = model.failure.map(MemberWriter.detail)
        return .object(object)
    }

    static func readReply(_ members: Members) throws(FrameError) -> ManageReply {
        var reply = ManageReply(id: try members.decimal("id"))
        if members.has("refusal") {
            let refusal = try members.members("refusal")
            reply.refusal = Refusal(
                try refusal.word("code"),
                try refusal.text("detail", atMost: WireLimits.detailBytes),
                retryAfterSeconds: try refusal.optionalInteger("retry_after_s")
            )
        }
        for model in try members.objects("models", atMost: WireLimits.models) {
            reply.models.append(
                ManageReply.Model(
                    name: try model.text("name", atMost: WireLimits.nameBytes),
                    state: try model.word("state"),
                    waitingCount: try model.integer("waiting"),
                    runningCount: try model.integer("running"),
                    failure: try model.optionalText("failure", atMost: WireLimits.detailBytes)
                )
            )
        }
        for worker in try members.objects("workers", atMost: WireLimits.models) {
            reply.workers.append(
                ManageReply.Worker(
                    node: try worker.node("worker"),
                    pool: try readPool(try worker.members("pool"))
                )
            )
        }
        return reply
    }
}
