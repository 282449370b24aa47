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
        do throws(DialectError) {
            try start(context)
        } catch {
            context.refuse(error, endpoint.dialect)
        }
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
        if try edge.streams.begin(plan, identity, context) { return }
        edge.run(plan, plan.writer(for: identity), context.responder, requestID: context.requestID)
    }

    /// The one that is meant where a request need not say.
    private func onlyModel(of edge: EdgeHost) -> String? {
        guard endpoint.modelIsOptional, edge.role.models.count == 1 else { return nil }
        return edge.role.models.first?.name
    }
}
