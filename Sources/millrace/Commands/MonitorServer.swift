import Configuration
import EventLoop
import Http
import JSON
import Telemetry

/// What a process without clients tells operators: that it lives, whether it is leaving, and its figures.
///
/// Belongs to the loop's thread, so that a loop that stands still is not taken for a live one.
final class MonitorServer {
    /// Whoever asks takes turns: a scraper, a health check and a person.
    private static let connectionCount = 64

    private let metrics: Metrics
    private var server: HttpServer?
    private var isLeaving = false

    /// Nil where nobody asked for it.
    init?(_ options: MonitorOptions?, _ loop: EventLoop, _ metrics: Metrics) throws {
        guard let options else { return nil }
        self.metrics = metrics
        var limits = HttpLimits()
        limits.connectionCount = Self.connectionCount
        limits.bodyBytes = 0
        server = try HttpServer(
            loop: loop,
            address: ListenAddress(host: options.host, port: options.port),
            limits: limits,
            service: HttpService { [weak self] request, responder in self?.answer(request, responder) }
        )
    }

    /// Says from now on that nothing more is to be expected of this process.
    func leave() { isLeaving = true }

    func close() {
        server?.close()
        server = nil
    }

    private func answer(_ request: HttpRequest, _ responder: Responder) {
        guard request.method == "GET" || request.method == "HEAD" else {
            return say("only GET is answered here", status: 405, responder)
        }
        switch request.path {
        case "/metrics":
            let headers: ReplyHeaders = ["content-type": Metrics.contentType]
            responder.send(status: 200, headers: headers, body: Array(metrics.rendered().utf8))
        case "/livez", "/health": say("ok", status: 200, responder)
        case "/readyz", "/ready":
            say(isLeaving ? "draining" : "ready", status: isLeaving ? 503 : 200, responder)
        default: say("there is nothing at \(request.path)", status: 404, responder)
        }
    }

    private func say(_ status: String, status code: Int, _ responder: Responder) {
        let body: JSONValue = ["status": .string(status)]
        responder.send(
            status: code,
            headers: ["content-type": "application/json"],
            body: body.serialized
        )
    }
}
