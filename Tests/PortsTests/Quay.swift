import Contract
import EventLoop
import Glibc
import Messaging
import Ports
import Telemetry
import Testing

/// A listening port with its loop, and whatever dials it; turns until something is true instead of sleeping.
final class Quay {
    let loop: EventLoop
    let context: MessagingContext
    let metrics = Metrics()
    private(set) var received: [(peer: NodeID, envelope: Envelope)] = []
    private(set) var unreachable: [NodeID] = []
    private(set) var answers: [Envelope] = []
    private(set) var rawAnswers: [[UInt8]] = []
    private(set) var connectedCount = 0
    private(set) var unsendable: [Message] = []
    private var port: EnvelopeListener?
    private var paths: [String] = []

    init(_ transport: Endpoint.Transport) throws {
        loop = try EventLoop()
        context = try MessagingContext()
        port = try EnvelopeListener(
            environment("server"),
            at: try freshEndpoint(transport),
            .tokens,
            EnvelopeListener.Handlers(
                onEnvelope: { [weak self] in self?.received.append((peer: $0, envelope: $1)) },
                onUnreachable: { [weak self] in self?.unreachable.append($0) }
            )
        )
    }

    deinit { for path in paths { unlink(path) } }

    var listener: EnvelopeListener {
        get throws { try #require(port) }
    }

    /// Frames that were no messages, on either side.
    var malformed: Counter {
        metrics.counter("millrace_malformed_frames_total", "Frames of peers that were no messages.")
    }

    func freshEndpoint(_ transport: Endpoint.Transport) throws -> Endpoint {
        guard transport == .ipc else { return try Endpoint("inproc://quay") }
        var template = Array("/tmp/millrace.XXXXXX".utf8CString)
        close(mkstemp(&template))
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        paths.append(path)
        return try Endpoint("ipc://\(path)")
    }

    /// A port that dials, this one's server unless another is named.
    func dial(_ name: String, to endpoint: Endpoint? = nil) throws -> EnvelopeDialer {
        var handlers = EnvelopeDialer.Handlers(
            onEnvelope: { [weak self] in self?.answers.append($0) },
            onConnected: { [weak self] in self?.connectedCount += 1 },
            onConnectionLost: {},
            onOutboxFull: {}
        )
        handlers.onUnsendable = { [weak self] message, _ in self?.unsendable.append(message) }
        return try EnvelopeDialer(
            environment(name),
            to: try endpoint ?? serverEndpoint,
            .tokens,
            handlers
        )
    }

    /// A peer that sends whatever bytes it likes.
    func dialRaw(_ name: String) throws -> Dialer {
        let handlers = Dialer.Handlers { [weak self] bytes in
            self?.rawAnswers.append(bytes.withUnsafeBytes { Array($0) })
        }
        return try Dialer(loop, context, as: NodeID(name), to: serverEndpoint, .tokens, handlers)
    }

    /// Turns until `condition` holds; a bounded number of times, so that a failure ends.
    func turn(at location: SourceLocation = #_sourceLocation, until condition: () -> Bool) throws {
        var count = 0
        while !condition(), count < 3000 {
            loop.turn(wait: .milliseconds(10))
            count += 1
        }
        try #require(condition(), sourceLocation: location)
    }

    private var serverEndpoint: Endpoint {
        get throws { try #require(try listener.endpoint) }
    }

    private func environment(_ name: String) -> PortEnvironment {
        PortEnvironment(
            loop: loop,
            context: context,
            node: NodeID(name),
            epoch: BootEpoch(rawValue: 1),
            log: Log(role: name, level: .error),
            metrics: metrics
        )
    }
}
