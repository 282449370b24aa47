internal import CZeroMQ
internal import EventLoop
internal import Synchronization

/// Reads the life signs that ZeroMQ gives of a dialer's connection.
final class LinkMonitor: SocketOwner {
    enum Sign {
        case connected
        case disconnected
        case handshakeFailed
    }

    private static let serial = Atomic<UInt64>(0)
    private static let failures =
        ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
        | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH

    private let socket: Socket
    private let part = MessagePart()
    private let onSign: (Sign) -> Void
    private var pump: SocketPump?

    init(
        _ loop: EventLoop,
        _ context: MessagingContext,
        of monitored: Socket,
        _ options: LinkOptions,
        _ onSign: @escaping (Sign) -> Void
    ) throws {
        self.onSign = onSign
        let number = Self.serial.wrappingAdd(1, ordering: .relaxed).newValue
        let address = "inproc://millrace.monitor.\(number)"
        let events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | Self.failures
        try monitored.monitor(events, at: address)
        socket = try Socket(context, type: ZMQ_PAIR)
        try socket.connect(address)
        pump = try SocketPump(loop, socket, options, owner: self)
    }

    var hasBacklog: Bool { false }

    func flush() -> Bool { false }

    /// Reads what has happened until now.
    func catchUp() { pump?.pump() }

    /// The first part is the event in 16 bits and a value, in this machine's order; the second is the
    /// address.
    func receiveOne() -> Int? {
        guard socket.receive(into: part) else { return nil }
        let bytes = part.bytes
        let event = bytes.count >= 2 ? Int32(bytes.loadUnaligned(as: UInt16.self)) : 0
        while part.hasMore, socket.receive(into: part) {}
        switch event {
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: onSign(.connected)
        case ZMQ_EVENT_DISCONNECTED: onSign(.disconnected)
        case let failure where failure & Self.failures != 0: onSign(.handshakeFailed)
        default: break
        }
        return 0
    }
}
