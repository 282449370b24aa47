internal import CZeroMQ
public import Contract
public import EventLoop

/// The client's end of a link: dials one endpoint under this node's name, and dials again whenever it is
/// lost.
///
/// A DEALER socket. Frames that are sent while nobody answers wait in a bounded outbox; those that waited
/// when a connection breaks are discarded, because the roles greet anew and say again what still holds.
/// Over `inproc` a link is connected at once and never lost; a listener that closes there is gone for good.
/// Where links are locked, a server whose key leaves the roster is left at once, and its next key is tried.
/// Belongs to the loop's thread.
public final class Dialer: SocketOwner {
    /// What a dialer tells its owner.
    ///
    /// The bytes are lent for the duration of the call.
    public struct Handlers {
        public var onFrame: (RawSpan) -> Void
        /// The link stands: say hello.
        public var onConnected: () -> Void = {}
        public var onConnectionLost: () -> Void = {}
        /// The peer answered, and not as one of ours; dialing goes on.
        public var onHandshakeFailed: () -> Void = {}
        /// The peer sent something that is not one non-empty frame.
        public var onMalformed: () -> Void = {}

        public init(onFrame: @escaping (RawSpan) -> Void) { self.onFrame = onFrame }
    }

    private let loop: EventLoop
    private let socket: Socket
    private let options: LinkOptions
    private let lock: ServerLock?
    private let handlers: Handlers
    private let part = MessagePart()
    private var pump: SocketPump?
    private var monitor: LinkMonitor?
    private var outbox = Outbox()
    private var isUnlocking = false
    /// Whether the server was left because its key was none of the fleet's any more.
    private var hasLeft = false
    public let endpoint: Endpoint
    public private(set) var isConnected = false

    /// `server` is who has to answer, where links are locked and more than one could.
    public init(
        _ loop: EventLoop,
        _ context: MessagingContext,
        as identity: NodeID,
        to endpoint: Endpoint,
        of server: NodeID? = nil,
        _ options: LinkOptions,
        _ handlers: Handlers
    ) throws {
        guard identity.isWellFormed else { throw MessagingError.identity(identity.name) }
        self.loop = loop
        self.options = options
        self.handlers = handlers
        self.endpoint = endpoint
        let keys = endpoint.transport == .inproc ? nil : context.keys
        lock = try keys.map { (keys) throws(MessagingError) in try ServerLock(keys, options, server) }
        socket = try Socket(context, type: ZMQ_DEALER)
        try socket.configure(options, for: endpoint)
        let id = lock == nil ? Array(identity.name.utf8) : ConnectionTable.id(for: identity)
        try socket.set(ZMQ_ROUTING_ID, id, "ROUTING_ID")
        try lock?.turn(socket)
        if endpoint.transport != .inproc {
            monitor = try LinkMonitor(loop, context, of: socket, options) { [weak self] in self?.note($0) }
        }
        try socket.connect(endpoint.description)
        pump = try SocketPump(loop, socket, options, owner: self)
        if endpoint.transport == .inproc { loop.atEndOfTurn { [weak self] in self?.note(.connected) } }
    }

    /// Ends the link at once; what waits is discarded.
    ///
    /// Also done when the dialer goes away.
    public func close() {
        monitor = nil
        pump = nil
        socket.close()
        outbox.removeAll()
        isConnected = false
    }

    /// Sends a frame behind those that wait.
    public func send(_ frame: [UInt8]) -> SendResult {
        guard socket.isOpen, trustsServer() else { return .unreachable }
        defer { pump?.pumpAtEndOfTurn() }
        if outbox.isEmpty, socket.send(frame) == .sent { return .queued }
        return outbox.append(frame, limit: options.outboxBytes) ? .queued : .outboxFull
    }

    /// Bytes that wait.
    public var outboxByteCount: Int { outbox.byteCount }

    var hasBacklog: Bool { !outbox.isEmpty }

    func flush() -> Bool {
        // What waits may belong to a connection whose end has not been read yet.
        monitor?.catchUp()
        var hasSent = false
        while let frame = outbox.first, socket.send(frame) == .sent {
            outbox.removeFirst()
            hasSent = true
        }
        return hasSent
    }

    func receiveOne() -> Int? {
        guard socket.receive(into: part) else { return nil }
        let byteCount = part.bytes.count
        let isWhole = !part.hasMore && byteCount > 0
        while part.hasMore, socket.receive(into: part) {}
        guard trustsServer() else { return byteCount }
        if isWhole { handlers.onFrame(RawSpan(_unsafeBytes: part.bytes)) } else { handlers.onMalformed() }
        return byteCount
    }

    private func note(_ sign: LinkMonitor.Sign) {
        guard socket.isOpen else { return }
        switch sign {
        case .connected:
            isConnected = true
            handlers.onConnected()
        case .disconnected where isConnected:
            isConnected = false
            outbox.removeAll()
            handlers.onConnectionLost()
        case .disconnected: unlockLater()
        case .handshakeFailed:
            handlers.onHandshakeFailed()
            unlockLater()
        }
    }

    // MARK: Locked links

    private static let unlockInterval = Duration.seconds(1)

    /// False, and the link is left, when the server's key is none of the fleet's any more.
    private func trustsServer() -> Bool {
        guard let lock, !lock.isTrusted else { return true }
        if !hasLeft { socket.disconnect(endpoint.description) }
        hasLeft = true
        outbox.removeAll()
        unlockLater()
        if isConnected {
            isConnected = false
            handlers.onConnectionLost()
        }
        return false
    }

    /// Tries the server's next key in a while, if it has one and does not answer to this one by then.
    private func unlockLater() {
        guard let lock, !isUnlocking else { return }
        isUnlocking = true
        loop.schedule(after: Self.unlockInterval) { [weak self] in
            guard let self else { return }
            isUnlocking = false
            guard socket.isOpen, !isConnected else { return }
            let hasOther = lock.advance()
            guard hasOther || hasLeft else { return }
            guard lock.isTrusted else { return unlockLater() }
            if !hasLeft { socket.disconnect(endpoint.description) }
            hasLeft = false
            try? lock.turn(socket)
            try? socket.connect(endpoint.description)
        }
    }
}
