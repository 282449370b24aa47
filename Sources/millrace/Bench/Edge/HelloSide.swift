import EventLoop
import Http
import Ports

/// What the edge is compared with: the same HTTP server on the same kind of loop, answering at once.
final class HelloSide {
    let port: UInt16
    private let thread: RoleThread

    /// `body` is as long as what the edge answers.
    init(body: [UInt8]) throws {
        let port = ChosenPort()
        thread = try RoleThread(name: "hello") { loop in
            let host = try HelloHost(loop, body: body)
            port.tell(host.server.port)
            return host
        }
        self.port = port.value
    }

    func stop() { thread.stop() }
}

private final class HelloHost: RoleHost {
    let server: HttpServer

    init(_ loop: EventLoop, body: [UInt8]) throws {
        let reply = Reply(status: 200, headers: ["content-type": "application/json"], body: body)
        let service = HttpService { _, responder in responder.send(reply) }
        server = try HttpServer(
            loop: loop,
            address: ListenAddress(host: "127.0.0.1", port: 0),
            service: service
        )
    }

    func drain(_ whenIdle: @escaping () -> Void) { server.drain(whenIdle) }

    func close() { server.close() }
}
