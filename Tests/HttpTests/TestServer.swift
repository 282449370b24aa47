import CHttpParser
import EventLoop
import Http
import Testing

/// A server on a loop that the test turns by hand, with the requests that its handler was given.
final class TestServer {
    let loop: EventLoop
    let server: HttpServer
    private var clients: [TestClient] = []

    init(host: String = "127.0.0.1", limits: HttpLimits = HttpLimits(), service: HttpService) throws {
        loop = try EventLoop()
        server = try HttpServer(
            loop: loop,
            address: ListenAddress(host: host, port: 0),
            limits: limits,
            service: service
        )
    }

    /// Answers every request with its method, target and body.
    static func echo(limits: HttpLimits = HttpLimits()) throws -> TestServer {
        try TestServer(
            limits: limits,
            service: HttpService { request, responder in
                let body = "\(request.method) \(request.head.target) ".utf8 + request.body
                responder.send(status: 200, headers: ["content-type": "text/plain"], body: Array(body))
            }
        )
    }

    func client(receiveBytes: Int32? = nil) throws -> TestClient {
        let client = try TestClient(loop, port: server.port, receiveBytes: receiveBytes)
        clients.append(client)
        return client
    }

    /// Turns until `condition` holds.
    ///
    /// The limit only turns a hang into a failure; no test waits for it.
    func turn(
        until condition: () -> Bool,
        _ sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var isLate = false
        let guardTimer = loop.schedule(after: .seconds(30)) { isLate = true }
        while !condition(), !isLate { loop.turn(wait: nil) }
        loop.cancel(guardTimer)
        try #require(!isLate, "still waiting", sourceLocation: sourceLocation)
    }

    /// Does everything that can be done without waiting.
    func settle() {
        for _ in 0..<20 { loop.turn(wait: .zero) }
    }

    /// Sends one request and returns its reply.
    func exchange(
        _ client: TestClient,
        _ text: String,
        _ sourceLocation: SourceLocation = #_sourceLocation
    )
        throws -> HttpParserOracle.Message
    {
        let count = client.replies.count
        client.send(text)
        try turn(until: { client.replies.count > count || client.isClosed }, sourceLocation)
        return try #require(client.replies.dropFirst(count).first, sourceLocation: sourceLocation)
    }

    deinit {
        server.close()
        for client in clients { client.disconnect() }
    }
}

extension HttpParserOracle.Message {
    var text: String { String(decoding: body, as: UTF8.self) }
}
