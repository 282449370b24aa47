import Contract
import TestSupport

/// What workers, coordinator and edges say of models that come and go.
extension SplitMix64 {
    mutating func order() -> ModelOrder {
        ModelOrder(text(), generation: number(), forgives: chance(oneIn: 2))
    }

    mutating func pool() -> WorkerPool {
        WorkerPool(budgetBytes: counter(), stock: list(upTo: 3) { $0.stock() })
    }

    mutating func stock() -> ModelStock {
        let wish = ModelWish(
            isPinned: chance(oneIn: 2),
            replicas: number(),
            idleUnloadSeconds: optional()
        )
        let card = ModelCard(name: text(), contextTokens: number(), created: counter())
        var stock = ModelStock(card, wish: wish, neededBytes: counter())
        stock.state = pick(ModelStock.State.allCases)
        stock.generation = number()
        stock.percent = number()
        stock.bytes = counter()
        stock.loadMilliseconds = number()
        stock.residentMilliseconds = number()
        stock.failures = number()
        if chance(oneIn: 2) { stock.reason = text() }
        return stock
    }

    mutating func manageRequest() -> ManageRequest {
        ManageRequest(
            id: next(),
            action: pick(ManageRequest.Action.allCases),
            model: text(),
            worker: chance(oneIn: 2) ? node() : nil
        )
    }

    mutating func manageReply() -> ManageReply {
        var reply = ManageReply(id: next())
        if chance(oneIn: 2) {
            reply.refusal = Refusal(pick(ErrorCode.allCases), text(), retryAfterSeconds: optional())
        }
        reply.models = list(upTo: 3) {
            ManageReply.Model(
                name: $0.text(),
                state: $0.pick(ModelState.allCases),
                waitingCount: $0.number(),
                runningCount: $0.number(),
                failure: $0.chance(oneIn: 2) ? $0.text() : nil
            )
        }
        reply.workers = list(upTo: 3) { ManageReply.Worker(node: $0.node(), pool: $0.pool()) }
        return reply
    }
}
