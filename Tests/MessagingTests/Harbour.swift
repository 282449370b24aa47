import Contract
import EventLoop
import Glibc
import Messaging
import Testing

/// A loop with a context and fresh endpoints; turns until something is true instead of sleeping.
final class Harbour {
    let loop: EventLoop
    let context: MessagingContext
    private var paths: [String] = []

    init(keys: FleetKeys? = nil) throws {
        loop = try EventLoop()
        context = try MessagingContext(keys: keys)
    }

    deinit { for path in paths { unlink(path) } }

    /// An endpoint that nobody else uses.
    func endpoint(_ transport: Endpoint.Transport) throws -> Endpoint {
        switch transport {
        case .inproc: return try Endpoint("inproc://harbour")
        case .tcp: return try Endpoint("tcp://127.0.0.1:0")
        case .ipc:
            var template = Array("/tmp/millrace.XXXXXX".utf8CString)
            close(mkstemp(&template))
            let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            paths.append(path)
            return try Endpoint("ipc://\(path)")
        }
    }

    /// Turns until `condition` holds; a bounded number of times, so that a failure ends.
    func turn(
        until condition: () -> Bool,
        atMost limit: Int = 3000,
        _ what: Comment? = nil,
        at location: SourceLocation = #_sourceLocation
    ) throws {
        var count = 0
        while !condition(), count < limit {
            loop.turn(wait: .milliseconds(10))
            count += 1
        }
        try #require(condition(), what, sourceLocation: location)
    }

    /// A listener that sends everything back.
    func echo(at endpoint: Endpoint, _ options: LinkOptions = .tokens) throws -> Listener {
        var listener: Listener?
        weak var weakListener: Listener?
        listener = try Listener(
            loop,
            context,
            at: endpoint,
            options,
            Listener.Handlers { peer, bytes in
                _ = weakListener?.send(bytes.array, to: peer)
            }
        )
        weakListener = listener
        return try #require(listener)
    }

    func dial(
        _ endpoint: Endpoint,
        as name: String,
        _ log: Log,
        _ options: LinkOptions = .tokens,
        in loop: EventLoop? = nil
    ) throws -> Dialer {
        try Dialer(loop ?? self.loop, context, as: NodeID(name), to: endpoint, options, log.dialerHandlers)
    }
}

/// What a dialer or listener was told, in order.
final class Log {
    var frames: [[UInt8]] = []
    var senders: [NodeID] = []
    var connectedCount = 0
    var lostCount = 0
    var handshakeFailureCount = 0
    var malformed: [NodeID] = []
    var unreachable: [NodeID] = []

    var dialerHandlers: Dialer.Handlers {
        var handlers = Dialer.Handlers { self.frames.append($0.array) }
        handlers.onConnected = { self.connectedCount += 1 }
        handlers.onConnectionLost = { self.lostCount += 1 }
        handlers.onHandshakeFailed = { self.handshakeFailureCount += 1 }
        handlers.onMalformed = { self.malformed.append(NodeID("server")) }
        return handlers
    }

    var listenerHandlers: Listener.Handlers {
        var handlers = Listener.Handlers {
            self.senders.append($0)
            self.frames.append($1.array)
        }
        handlers.onMalformed = { self.malformed.append($0) }
        handlers.onUnreachable = { self.unreachable.append($0) }
        return handlers
    }
}

extension RawSpan {
    var array: [UInt8] { withUnsafeBytes { Array($0) } }
}

extension [UInt8] {
    /// A number, and padding behind it.
    init(number: Int, byteCount: Int = 8) {
        self = Swift.withUnsafeBytes(of: number.bigEndian) { Array($0) }
        append(contentsOf: repeatElement(0, count: byteCount - count))
    }

    var number: Int { prefix(8).reduce(0) { $0 << 8 | Int($1) } }
}
