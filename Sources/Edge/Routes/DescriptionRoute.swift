internal import CDescription
internal import Http

/// What this edge answers, route by route, as an OpenAPI document that client generators and testers read.
struct DescriptionRoute: Route {
    /// Built in from `schemas/openapi.json`.
    static let document = Array(
        UnsafeBufferPointer(start: description_start(), count: description_length())
    )

    var method: String { "GET" }
    var path: String { "/openapi.json" }
    var isOpen: Bool { true }

    func answer(_ context: RouteContext) {
        context.responder.send(
            status: 200,
            headers: ["content-type": "application/json"],
            body: Self.document
        )
    }
}
