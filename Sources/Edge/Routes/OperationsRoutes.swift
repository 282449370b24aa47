internal import Contract
internal import Http
internal import Roles
internal import JSON
internal import Telemetry

/// Whether the process is alive.
struct LivenessRoute: Route {
    let path: String
    var method: String { "GET" }
    var isOpen: Bool { true }

    func answer(_ context: RouteContext) { context.responder.send(status: 200, json: ["status": "ok"]) }
}

/// Whether requests would be served: there is a worker with a model, and this edge is not leaving.
struct ReadinessRoute: Route {
    let path: String
    var method: String { "GET" }
    var isOpen: Bool { true }

    func answer(_ context: RouteContext) {
        let role = context.edge.role
        let isLeaving = context.edge.isLeaving
        let isReady = role.isReady && !isLeaving
        let status = isLeaving ? "draining" : isReady ? "ready" : "waiting for a worker"
        let body: JSONObject = [
            "status": .string(status),
            "coordinator": .bool(role.coordinatorIsConnected),
            "models": .array(role.models.map { .string($0.name) }),
        ]
        context.responder.send(status: isReady ? 200 : 503, json: body)
    }
}

/// Everything that is counted in this process, for Prometheus.
struct MetricsRoute: Route {
    var method: String { "GET" }
    var isOpen: Bool { true }
    var path: String { "/metrics" }

    func answer(_ context: RouteContext) {
        let edge = context.edge
        edge.showCounts()
        let body = Array(edge.meters.metrics.rendered().utf8)
        context.responder.send(status: 200, headers: ["content-type": Metrics.contentType], body: body)
    }
}

/// Which build this is.
struct VersionRoute: Route {
    var method: String { "GET" }
    var isOpen: Bool { true }
    var path: String { "/version" }

    func answer(_ context: RouteContext) {
        context.responder.send(status: 200, json: ["version": .string(context.edge.configuration.version)])
    }
}

extension Responder {
    func send(status: Int, json: JSONObject) {
        send(
            status: status,
            headers: ["content-type": "application/json"],
            body: JSONValue.object(json).serialized
        )
    }
}
