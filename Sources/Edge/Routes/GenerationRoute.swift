internal import Contract
internal import Http
internal import Roles
internal import Dialects

/// The paths that ask for jobs: the body becomes a plan of them, and their streams become the reply.
struct GenerationRoute: Route {
    let endpoint: any JobEndpoint

    var method: String { "POST" }
    var path: String { endpoint.path }

    func answer(_ context: RouteContext) {
        context.repeatable(endpoint.dialect) { context throws(DialectError) in try start(context) }
    }

    private func start(_ context: RouteContext) throws(DialectError) {
        let edge = context.edge
        var plan = try endpoint.plan(
            body: context.request.body,
            headers: context.headers,
            defaultModel: edge.configuration.naming.defaultModel ?? onlyModel(of: edge),
            volatile: edge.configuration.volatile
        )
        let identity = try plan.complete(edge.model(plan.model), for: context)
        edge.retries.note(plan, of: context)
        if try edge.streams.begin(plan, identity, context) { return }
        edge.retries.mark(&plan, identity, of: context)
        edge.run(plan, plan.writer(for: identity), context.responder, requestID: context.requestID)
    }

    /// The one that is meant where a request need not say.
    private func onlyModel(of edge: EdgeHost) -> String? {
        guard endpoint.modelIsOptional, edge.role.models.count == 1 else { return nil }
        return edge.role.models.first?.name
    }
}
