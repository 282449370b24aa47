internal import Contract
internal import Dialects
internal import Http
internal import Retries

/// One request on its way to its route.
struct RouteContext {
    let edge: EdgeHost
    let request: HttpRequest
    /// Who is answered: the client, or all that share the reply.
    var responder: Responder
    let requestID: String
    let headers: RequestHeaders
    /// Whose request it is.
    var tenant = KeyBook.everybody
    /// Its request and its reply, where others may be given that too.
    var repeatable: (request: RepeatableRequest, reply: RetryBook.Number)?

    init(edge: EdgeHost, request: HttpRequest, responder: Responder) {
        self.edge = edge
        self.request = request
        self.responder = responder
        requestID = Self.newRequestID()
        headers = RequestHeaders(request.headers.all)
    }

    static func newRequestID() -> String { "req_" + JobID.random().description }

    /// Answers with an error in the dialect of the route.
    func refuse(_ error: DialectError, _ dialect: Dialect, more headers: [HttpField] = []) {
        var answer = dialect.answer(to: error, requestID: requestID)
        answer.headers += headers
        responder.send(answer)
    }
}

/// What answers one path.
protocol Route {
    var method: String { get }
    /// The path; `{id}` in it stands for one part that is not empty, a star at its end for any rest.
    var path: String { get }
    /// Whether it answers without a key.
    var isOpen: Bool { get }

    func answer(_ context: RouteContext)
}

extension Route {
    var isOpen: Bool { false }
}

/// Every path that the edge answers, in one place.
struct RouteTable {
    let routes: [any Route] =
        GenerationEndpoint.allCases.map { GenerationRoute(endpoint: $0) as any Route }
        + LegacyEndpoint.allCases.map { GenerationRoute(endpoint: $0) as any Route }
        + TaskEndpoint.allCases.map { GenerationRoute(endpoint: $0) as any Route }
        + ResponseRoutes.all
        + [
            ModelsRoute(), ModelRoute(), LivenessRoute(path: "/livez"), LivenessRoute(path: "/health"),
            ReadinessRoute(path: "/readyz"), ReadinessRoute(path: "/ready"), MetricsRoute(), VersionRoute(),
            StreamRoute(), DescriptionRoute(),
        ]
        + AdminRoute.all

    func handle(_ context: RouteContext) {
        let path = context.request.path
        let method = context.request.method == "HEAD" ? "GET" : context.request.method
        // A path that is written out is none of those with a part that may be anything.
        let exact = routes.filter { $0.path == path }
        let matching = exact.isEmpty ? routes.filter { matches($0.path, path) } : exact
        if let route = matching.first(where: { $0.method == method }) { return answer(context, by: route) }
        let dialect = Self.dialect(of: path, context.headers)
        guard !matching.isEmpty else {
            return context.refuse(DialectError(.notFound, "there is nothing at \(path)"), dialect)
        }
        let asked = context.request.method
        let taken = matching.map(\.method)
        context.refuse(
            DialectError(
                .methodNotAllowed,
                "\(path) takes \(taken.joined(separator: " and ")), not \(asked)"
            ),
            dialect,
            // Demanded by RFC 9110, section 15.5.6.
            more: [
                HttpField(
                    "allow",
                    taken.flatMap { $0 == "GET" ? ["GET", "HEAD"] : [$0] }.joined(separator: ", ")
                )
            ]
        )
    }

    private func answer(_ context: RouteContext, by route: any Route) {
        guard !route.isOpen else { return route.answer(context) }
        var context = context
        do throws(DialectError) {
            context.tenant = try context.edge.configuration.keys.tenant(of: context.headers)
        } catch {
            let dialect = Self.dialect(of: context.request.path, context.headers)
            // Demanded by RFC 9110, section 15.5.2.
            return context.refuse(error, dialect, more: [HttpField("www-authenticate", "Bearer")])
        }
        route.answer(context)
    }

    /// The reply to a request that HTTP itself turns away.
    func refusal(of fault: HttpFault, _ head: HttpRequestHead?) -> HttpAnswer {
        let dialect = head.map { Self.dialect(of: $0.path, RequestHeaders($0.headers.all)) } ?? .openAI
        return dialect.answer(
            toFault: fault.status,
            fault.sentence,
            requestID: RouteContext.newRequestID()
        )
    }

    private static func dialect(of path: String, _ headers: RequestHeaders) -> Dialect {
        GenerationEndpoint(rawValue: path)?.dialect ?? TaskEndpoint(rawValue: path)?.dialect
            ?? LegacyEndpoint(rawValue: path)?.dialect
            ?? Dialect(of: headers)
    }

    private func matches(_ pattern: String, _ path: String) -> Bool {
        if pattern.hasSuffix("/*") {
            let stem = pattern.dropLast()
            return path.hasPrefix(stem) && path.utf8.count > stem.utf8.count
        }
        guard pattern.contains("{") else { return pattern == path }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let wanted = pattern.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == wanted.count
            && zip(parts, wanted).allSatisfy { $0 == $1 || ($1 == "{id}" && !$0.isEmpty) }
    }
}
