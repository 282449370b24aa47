internal import CZeroMQ
public import Contract
public import EventLoop

/// The server's end of a kind of link: peers dial in under their node names, and are told apart by them.
///
/// A ROUTER socket. A peer that comes back under its name takes over from its older connection. Every frame
/// is one message of one part; anything else is reported as malformed and not delivered. Belongs to the
/// loop's thread.
public final class Listener: SocketOwner {
    /// What a listener tells its owner.
    ///
    /// The bytes are lent for the duration of the call.
    public struct Handlers {
        public var onFrame: (NodeID, RawSpan) -> Void
        /// The peer sent something that is not one non-empty frame.
        public var onMalformed: (NodeID) -> Void = { _ in }
        /// A frame in the peer's outbox found it gone; the outbox is discarded.
        public var onUnreachable: (NodeID) -> Void = { _ in }

        public init(onFrame: @escaping (NodeID, RawSpan) -> Void) { self.onFrame = onFrame }
    }

    /// Peers that can be ignored at a time; beyond it, the one with the least time left is heard again.
    private static let droppedPeerLimit = 4096
    /// How often a peer that does not keep up is tried.
    ///
    /// Its queue's signal can be swallowed by a send to another one.
    private static let retryInterval = Duration.milliseconds(10)

    private let loop: EventLoop
    private let socket: Socket
    private let options: LinkOptions
    private let keys: FleetKeys?
    private let handlers: Handlers
    private let part = MessagePart()
    private var connections = ConnectionTable()
    private var pump: SocketPump?
    private var outboxes: [NodeID: Outbox] = [:]
    private var droppedUntil: [NodeID: Instant] = [:]
    private var isRetryScheduled = false
    /// Where it listens, with the real port where 0 was asked for.
    public let endpoint: Endpoint
    /// Messages from routing ids that are no node names, or not those of the sender's key; they were ignored.
    public private(set) var strangerFrameCount: UInt64 = 0

    public init(
        _ loop: EventLoop,
        _ context: MessagingContext,
        at endpoint: Endpoint,
        _ options: LinkOptions,
        _ handlers: Handlers
    ) throws {
        self.loop = loop
        self.options = options
        self.handlers = handlers
        socket = try Socket(context, type: ZMQ_ROUTER)
        try socket.configure(options, for: endpoint)
        try socket.set(ZMQ_ROUTER_MANDATORY, 1, "ROUTER_MANDATORY")
        try socket.set(ZMQ_ROUTER_HANDOVER, 1, "ROUTER_HANDOVER")
        keys = endpoint.transport == .inproc ? nil : context.keys
        if let keys { try socket.lock(as: options.kind, keys) }
        try socket.bind(endpoint)
        // Allowed already: it is the same endpoint with its port filled in.
        self.endpoint = try Endpoint(try socket.lastEndpoint(), allowInsecure: true)
        pump = try SocketPump(loop, socket, options, owner: self)
    }

    /// Ends every link at once; what waits is discarded.
    ///
    /// Also done when the listener goes away.
    public func close() {
        pump = nil
        socket.close()
        outboxes.removeAll()
    }

    /// Sends a frame to a peer, behind those that wait for it.
    public func send(_ frame: [UInt8], to peer: NodeID) -> SendResult {
        if outboxes[peer] != nil { return wait(frame, for: peer) }
        defer { pump?.pumpAtEndOfTurn() }
        switch transmit(frame, to: peer) {
        case .sent: return .queued
        case .full: return wait(frame, for: peer)
        case .unreachable: return .unreachable
        }
    }

    /// Ignores what `peer` sends for a while.
    public func drop(_ peer: NodeID, for duration: Duration) {
        let now = loop.now
        if droppedUntil.count >= Self.droppedPeerLimit {
            droppedUntil = droppedUntil.filter { $0.value > now }
            if droppedUntil.count >= Self.droppedPeerLimit,
                let next = droppedUntil.min(by: { $0.value < $1.value })
            {
                droppedUntil[next.key] = nil
            }
        }
        droppedUntil[peer] = now + duration
    }

    /// What a peer is, as its key says; nil where links are open.
    public func role(of peer: NodeID) -> FleetRole? {
        connections[peer].flatMap { keys?.roster.role(of: $0.key) }
    }

    /// Bytes that wait for a peer.
    public func outboxByteCount(of peer: NodeID) -> Int { outboxes[peer]?.byteCount ?? 0 }

    private func transmit(_ frame: [UInt8], to peer: NodeID) -> Socket.Outcome {
        guard let id = routingID(of: peer) else { return .unreachable }
        // The error comes with the name. Going on after it would send the frame as the next message's name.
        let outcome = socket.send(id, more: true)
        guard outcome == .sent else { return outcome }
        return socket.send(frame)
    }

    /// Nil where nobody is there who may still use the name.
    private func routingID(of peer: NodeID) -> [UInt8]? {
        guard let keys else { return Array(peer.name.utf8) }
        guard let connection = connections[peer] else { return nil }
        guard keys.roster.admits(connection.key, as: peer, in: options.kind.clients) else {
            connections.forget(peer)
            return nil
        }
        return connection.id
    }

    private func wait(_ frame: [UInt8], for peer: NodeID) -> SendResult {
        guard outboxes[peer, default: Outbox()].append(frame, limit: options.outboxBytes) else {
            // A single frame over the limit must not leave an empty outbox behind.
            if outboxes[peer]?.isEmpty == true { outboxes[peer] = nil }
            return .outboxFull
        }
        retryLater()
        return .queued
    }

    var hasBacklog: Bool { !outboxes.isEmpty }

    func flush() -> Bool {
        var hasSent = false
        var gone: [NodeID] = []
        for peer in Array(outboxes.keys) {
            sending: while let frame = outboxes[peer]?.first {
                switch transmit(frame, to: peer) {
                case .sent:
                    outboxes[peer]?.removeFirst()
                    hasSent = true
                case .full: break sending
                case .unreachable:
                    outboxes[peer] = nil
                    gone.append(peer)
                }
            }
            if outboxes[peer]?.isEmpty == true { outboxes[peer] = nil }
        }
        for peer in gone { handlers.onUnreachable(peer) }
        if hasBacklog { retryLater() }
        return hasSent
    }

    private func retryLater() {
        guard !isRetryScheduled else { return }
        isRetryScheduled = true
        loop.schedule(after: Self.retryInterval) { [weak self] in
            guard let self else { return }
            isRetryScheduled = false
            guard hasBacklog else { return }
            _ = flush()
            pump?.pumpAtEndOfTurn()
        }
    }

    func receiveOne() -> Int? {
        guard socket.receive(into: part) else { return nil }
        let id = Array(part.bytes)
        let peer = ConnectionTable.node(of: id)
        guard part.hasMore, socket.receive(into: part) else { return 0 }
        let isStranger = !peer.isWellFormed || !speaks(for: peer, id)
        let byteCount = part.bytes.count
        let isWhole = !part.hasMore && byteCount > 0
        while part.hasMore, socket.receive(into: part) {}
        if isStranger {
            strangerFrameCount += 1
        } else if isHeard(peer) {
            if isWhole {
                handlers.onFrame(peer, RawSpan(_unsafeBytes: part.bytes))
            } else {
                handlers.onMalformed(peer)
            }
        }
        return byteCount
    }

    /// Whether the part at hand came from who may use the name.
    private func speaks(for peer: NodeID, _ id: [UInt8]) -> Bool {
        guard let keys else { return id.count == peer.name.utf8.count }
        guard let key = part.senderKey, keys.roster.admits(key, as: peer, in: options.kind.clients) else {
            return false
        }
        return connections.hears(id, of: peer, with: key)
    }

    private func isHeard(_ peer: NodeID) -> Bool {
        guard !droppedUntil.isEmpty, let until = droppedUntil[peer] else { return true }
        guard until <= loop.now else { return false }
        droppedUntil[peer] = nil
        return true
    }
}
