internal import Contract
internal import Http
internal import Roles
internal import Dialects

/// The list of models, in the words of the caller's API.
struct ModelsRoute: Route {
    var method: String { "GET" }
    var path: String { "/v1/models" }

    func answer(_ context: RouteContext) {
        let dialect = Dialect(of: context.headers)
        do throws(DialectError) {
            let query = QueryItems(context.request.query ?? "").items
            let answer = try dialect.modelList(
                context.edge.role.models,
                query: query,
                requestID: context.requestID
            )
            context.responder.send(answer)
        } catch {
            context.refuse(error, dialect)
        }
    }
}

/// One model by its name, which may hold slashes.
struct ModelRoute: Route {
    var method: String { "GET" }
    var path: String { "/v1/models/*" }

    func answer(_ context: RouteContext) {
        let dialect = Dialect(of: context.headers)
        let models = context.edge.role.models
        let asked = PercentEncoding.decoded(context.request.path.dropFirst("/v1/models/".count))
        let name = context.edge.configuration.naming.resolve(asked, among: models.map(\.name))
        guard let model = models.first(where: { $0.name == name }) else {
            return context.refuse(
                DialectError(unknownModel: asked, served: models.map(\.name)),
                dialect
            )
        }
        context.responder.send(dialect.model(model, requestID: context.requestID))
    }
}
