internal import Contract
internal import Dialects
internal import Http

/// One request on its way to its route.
struct RouteContext {
    let edge: EdgeHost
    let request: HttpRequest
    let responder: Responder
    let requestID: String
    let headers: RequestHeaders

    init(edge: EdgeHost, request: HttpRequest, responder: Responder) {
        self.edge = edge
        self.request = request
        self.responder = responder
        requestID = "req_" + JobID.random().description
        headers = RequestHeaders(request.headers.all)
    }

    /// Answers with an error in the dialect of the route.
    func refuse(_ error: DialectError, _ dialect: Dialect) {
        responder.send(dialect.answer(to: error, requestID: requestID))
    }
}

/// What answers one path.
protocol Route {
    var method: String { get }
    /// The path, or its beginning with a slash and a star behind it.
    var path: String { get }

    func answer(_ context: RouteContext)
}

/// Every path that the edge answers, in one place.
struct RouteTable {
    private let routes: [any Route] =
        GenerationEndpoint.allCases.map { GenerationRoute(endpoint: $0) as any Route }
        + [
            ModelsRoute(), ModelRoute(), LivenessRoute(path: "/livez"), LivenessRoute(path: "/health"),
            ReadinessRoute(path: "/readyz"), ReadinessRoute(path: "/ready"), MetricsRoute(), VersionRoute(),
        ]

    func handle(_ context: RouteContext) {
        let path = context.request.path
        let method = context.request.method == "HEAD" ? "GET" : context.request.method
        let matching = routes.filter { matches($0.path, path) }
        if let route = matching.first(where: { $0.method == method }) { return route.answer(context) }
        let dialect =
            path == GenerationEndpoint.messages.path ? Dialect.anthropic : Dialect(of: context.headers)
        guard let other = matching.first else {
            return context.refuse(DialectError(.notFound, "there is nothing at \(path)"), dialect)
        }
        context.refuse(
            DialectError(.methodNotAllowed, "\(path) takes \(other.method), not \(method)"),
            dialect
        )
    }

    private func matches(_ pattern: String, _ path: String) -> Bool {
        guard pattern.hasSuffix("/*") else { return pattern == path }
        let stem = pattern.dropLast()
        return path.hasPrefix(stem) && path.utf8.count > stem.utf8.count
    }
}
