import Contract
import Dialects
import EventLoop
import Glibc
import Http
import Messaging
import Ports
import ResponseStore
import Retries
import Telemetry
import Testing

@testable import Edge

/// An edge on a loop that the test turns by hand, with a store in memory, and clients on real sockets whose
/// replies the test writes through a follower or a run.
final class OneEdge {
    let loop: EventLoop
    let host: EdgeHost
    let store: ResponseStore
    private let server: HttpServer
    private let asked: Asked

    /// Who asks this server is answered by the test.
    private final class Asked {
        var responders: [Responder] = []
        var requests: [HttpRequest] = []
    }

    init(retries: RetryRules = RetryRules()) throws {
        let loop = try EventLoop()
        let log = Log(role: "edge", level: .error)
        store = try ResponseStore(.memory, limits: ResponseStoreLimits(), log: log)
        let environment = PortEnvironment(
            loop: loop,
            context: try MessagingContext(),
            node: NodeID("edge"),
            epoch: BootEpoch(rawValue: 1),
            log: log,
            metrics: Metrics()
        )
        var configuration = EdgeConfiguration(
            address: ListenAddress(host: "127.0.0.1", port: 0),
            coordinator: try Messaging.Endpoint("inproc://nobody"),
            tokens: try Messaging.Endpoint("inproc://tokens"),
            responses: store,
            version: "test"
        )
        configuration.retries = retries
        host = try EdgeHost(environment, configuration)
        let asked = Asked()
        server = try HttpServer(
            loop: loop,
            address: ListenAddress(host: "127.0.0.1", port: 0),
            service: HttpService { request, responder in
                asked.requests.append(request)
                asked.responders.append(responder)
            }
        )
        self.loop = loop
        self.asked = asked
    }

    func close() {
        host.close()
        server.close()
        store.stop()
    }

    /// Turns until `condition` holds; the bound only makes a hang a failure.
    func turn(
        until condition: () -> Bool,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        for _ in 0..<3000 where !condition() { loop.turn(wait: .milliseconds(10)) }
        try #require(condition(), sourceLocation: location)
    }

    /// A client with a request under way, and what answers it.
    func client(receiveBytes: Int32? = nil) throws -> (EdgeClient, Responder) {
        let client = try EdgeClient(port: server.port, receiveBytes: receiveBytes)
        client.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        let count = asked.responders.count
        try turn(until: { asked.responders.count > count })
        // Taken out: a responder that is kept would never be let go.
        return (client, asked.responders.removeLast())
    }

    /// A client with this request under way, as it comes to its route.
    func context(
        _ headers: [String] = [],
        body: String = "{}",
        path: String = "/v1/chat/completions",
        receiveBytes: Int32? = nil
    ) throws -> (EdgeClient, RouteContext) {
        let client = try EdgeClient(port: server.port, receiveBytes: receiveBytes)
        let lines = ["POST \(path) HTTP/1.1", "host: x", "content-length: \(body.utf8.count)"] + headers
        client.send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
        let count = asked.responders.count
        try turn(until: { asked.responders.count > count })
        let responder = asked.responders.removeLast()
        return (client, RouteContext(edge: host, request: asked.requests.removeLast(), responder: responder))
    }

    /// A response about to be made, as a request for it asks.
    func run(_ body: String) throws -> (run: ResponseRun, job: JobID) {
        let request = try ResponsesRequest(body: Array(body.utf8), headers: RequestHeaders())
        var plan = try request.plan(behind: [], naming: [])
        for index in plan.jobs.indices { plan.jobs[index].id = .random() }
        let job = try #require(plan.jobs.first?.id)
        let identity = ReplyIdentity(job: job, requestID: "req_1", created: 1_700_000_000, model: "demo")
        let reply = try #require(plan.response(for: identity))
        let origin = ResponseOrigin(owner: ResponseOwner(key: nil), requestID: "req_1", previous: nil)
        let run = ResponseRun(host, reply, plan, origin)
        host.responses.add(run)
        return (run, job)
    }

    /// What is stored under a response's id.
    func stored(_ id: ResponseID) throws -> Result<StoredResponse, DialectError> {
        var found: Result<StoredResponse, DialectError>?
        host.responses.find(id, ResponseOwner(key: nil)) { found = $0 }
        try turn(until: { found != nil })
        return try #require(found)
    }
}

/// A client's end of a connection, read without waiting.
final class EdgeClient {
    private let descriptor: Int32
    private(set) var received: [UInt8] = []
    private(set) var hasEnded = false

    init(port: UInt16, receiveBytes: Int32?) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var bytes = receiveBytes {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let outcome = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(outcome == 0)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    deinit { close() }

    private var isOpen = true

    func close() {
        if isOpen { _ = Glibc.close(descriptor) }
        isOpen = false
    }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.send(descriptor, bytes, bytes.count, 0)
    }

    /// Takes what is there.
    @discardableResult
    func read() -> Self {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while isOpen {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count == 0 { hasEnded = true }
            guard count > 0 else { break }
            received += buffer[..<count]
        }
        return self
    }

    var text: String { String(decoding: received, as: UTF8.self) }

    /// The numbers of the events in a stream, in their order.
    var numbers: [Int] {
        text.split(separator: "\"sequence_number\":").dropFirst().compactMap {
            Int($0.prefix { $0.isNumber })
        }
    }

    /// Whether the last chunk of a stream was read.
    var isWhole: Bool { text.hasSuffix("0\r\n\r\n") }
}
