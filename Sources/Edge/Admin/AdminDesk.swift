internal import Contract
internal import Dialects
internal import EventLoop
internal import Http
internal import JSON
internal import Roles

/// Operators' commands that the coordinator has not answered.
///
/// Belongs to the edge's loop.
final class AdminDesk {
    private struct Waiting {
        var context: RouteContext
        var request: ManageRequest
        var until: Instant
    }

    /// Commands that wait at a time.
    private static let limit = 100
    /// The coordinator answers at once; who waits longer has lost it.
    private static let patience = Duration.seconds(10)

    private unowned let edge: EdgeHost
    private var waiting: [UInt64: Waiting] = [:]

    init(_ edge: EdgeHost) { self.edge = edge }

    func ask(_ request: ManageRequest, _ context: RouteContext) {
        guard waiting.count < Self.limit else {
            let detail = "\(waiting.count) commands are waiting, the limit"
            return context.refuse(DialectError(.laneFull, detail, retryAfterSeconds: 1), .openAI)
        }
        waiting[request.id] = Waiting(
            context: context,
            request: request,
            until: edge.loop.now + Self.patience
        )
        var isSent = false
        edge.change { isSent = $0.manage(request, at: $1) }
        if !isSent { fail(request.id) }
    }

    func take(_ reply: ManageReply) {
        guard let asked = waiting.removeValue(forKey: reply.id) else { return }
        if let refusal = reply.refusal { return asked.context.refuse(DialectError(refusal), .openAI) }
        let table = PlacementTable(reply, edge.configuration.naming)
        let responder = asked.context.responder
        switch asked.request.action {
        case .status where asked.request.model.isEmpty:
            responder.send(status: 200, json: table.whole)
        case .status, .load, .reload, .unload:
            guard let model = table.model(asked.request.model) else {
                let names = reply.models.map(\.name)
                let error = DialectError(unknownModel: asked.request.model, served: names)
                return asked.context.refuse(error, .openAI)
            }
            responder.send(status: table.isDone(asked.request) ? 200 : 202, json: model)
        }
    }

    /// Tells those who have waited too long.
    func expire() {
        for (id, asked) in waiting where asked.until < edge.loop.now { fail(id) }
    }

    private func fail(_ id: UInt64) {
        guard let asked = waiting.removeValue(forKey: id) else { return }
        let error = DialectError(.noWorkers, "the coordinator does not answer", retryAfterSeconds: 1)
        asked.context.refuse(error, .openAI)
    }
}
