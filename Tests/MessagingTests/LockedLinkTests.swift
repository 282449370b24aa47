import CZeroMQ
import Contract
import EventLoop
import Messaging
import Testing

/// A listener of tokens that sends everything back, under lock, and those who know or do not know its keys.
private final class Lock {
    static let edge = NodeID("edge-1")
    static let worker = NodeID("worker-1")

    let harbour: Harbour
    let edgeKey: NodeKey
    let workerKey: NodeKey
    let roster = FleetRoster()
    let log = Log()
    let listener: Listener

    init(_ transport: Endpoint.Transport = .tcp) throws {
        edgeKey = try NodeKey()
        workerKey = try NodeKey()
        harbour = try Harbour(keys: FleetKeys(own: edgeKey, roster: roster))
        weak var weakListener: Listener?
        let log = log
        var handlers = log.listenerHandlers
        let take = handlers.onFrame
        handlers.onFrame = { peer, bytes in
            take(peer, bytes)
            _ = weakListener?.send(bytes.array, to: peer)
        }
        listener = try Listener(
            harbour.loop,
            harbour.context,
            at: harbour.endpoint(transport),
            .tokens,
            handlers
        )
        weakListener = listener
        roster.replace([member(edgeKey, Self.edge, .edge), member(workerKey, Self.worker, .worker)])
    }

    func member(_ key: NodeKey, _ node: NodeID, _ role: FleetRole) -> FleetRoster.Member {
        FleetRoster.Member(key.publicKey, node, role)
    }

    /// Another process with a key of its own, which knows `roster`.
    func dial(
        _ key: NodeKey,
        as node: NodeID = worker,
        _ log: Log,
        _ roster: FleetRoster? = nil
    ) throws -> Dialer {
        let keys = FleetKeys(own: key, roster: roster ?? self.roster)
        let context = try MessagingContext(keys: keys)
        var options = LinkOptions.tokens
        options.reconnect = .milliseconds(10)
        return try Dialer(
            harbour.loop,
            context,
            as: node,
            to: listener.endpoint,
            of: Self.edge,
            options,
            log.dialerHandlers
        )
    }

    /// A socket that keeps none of our rules but for the handshake.
    func raw(_ key: NodeKey, name: String) -> RawSocket {
        let socket = RawSocket(ZMQ_DEALER, name: Array(name.utf8))
        socket.set(ZMQ_CURVE_SERVERKEY, edgeKey.publicKey.description)
        socket.set(ZMQ_CURVE_PUBLICKEY, key.publicKey.description)
        socket.set(ZMQ_CURVE_SECRETKEY, key.secret)
        return socket
    }
}

@Suite struct `A locked link` {
    @Test(arguments: [Endpoint.Transport.ipc, .tcp])
    func `carries frames of who is on the roster`(transport: Endpoint.Transport) throws {
        let lock = try Lock(transport)
        let log = Log()
        let dialer = try lock.dial(lock.workerKey, log)
        try lock.harbour.turn(until: { dialer.isConnected })
        #expect(dialer.send([1, 2, 3]) == .queued)
        try lock.harbour.turn(until: { log.frames == [[1, 2, 3]] })
        #expect(lock.log.senders == [Lock.worker])
    }

    @Test func `lets nobody in without a key, with a stranger's, or in the wrong role`() throws {
        let lock = try Lock()
        let stranger = try NodeKey()
        let otherEdge = try NodeKey()
        lock.roster.replace([
            lock.member(lock.edgeKey, Lock.edge, .edge), lock.member(lock.workerKey, Lock.worker, .worker),
            lock.member(otherEdge, NodeID("edge-2"), .edge),
        ])
        let logs = [Log(), Log(), Log()]
        let open = try Harbour().dial(lock.listener.endpoint, as: "worker-1", logs[0], in: lock.harbour.loop)
        let strange = try lock.dial(stranger, logs[1])
        let wrong = try lock.dial(otherEdge, as: NodeID("edge-2"), logs[2])
        try lock.harbour.turn(until: { logs.allSatisfy { $0.handshakeFailureCount > 0 } })
        for dialer in [open, strange, wrong] {
            #expect(!dialer.isConnected)
            _ = dialer.send([1])
        }
        let right = try lock.dial(lock.workerKey, Log())
        try lock.harbour.turn(until: { right.isConnected })
        #expect(right.send([9]) == .queued)
        try lock.harbour.turn(until: { !lock.log.frames.isEmpty })
        #expect(lock.log.frames == [[9]])
    }

    @Test func `speaks to nobody but the server that the roster names`() throws {
        let lock = try Lock()
        let other = FleetRoster([lock.member(try NodeKey(), Lock.edge, .edge)])
        let log = Log()
        let dialer = try lock.dial(lock.workerKey, log, other)
        try lock.harbour.turn(until: { log.handshakeFailureCount > 1 })
        #expect(!dialer.isConnected && log.connectedCount == 0)
        #expect(throws: MessagingError.noKey(of: .edge, Lock.edge)) {
            try lock.dial(lock.workerKey, log, FleetRoster())
        }
    }

    @Test func `does not hear who uses another one's name, and keeps sending to whom it belongs`() throws {
        let lock = try Lock()
        let thief = try NodeKey()
        lock.roster.replace([
            lock.member(lock.edgeKey, Lock.edge, .edge), lock.member(lock.workerKey, Lock.worker, .worker),
            lock.member(thief, NodeID("worker-2"), .worker),
        ])
        let log = Log()
        let dialer = try lock.dial(lock.workerKey, log)
        try lock.harbour.turn(until: { dialer.isConnected })
        #expect(dialer.send([1]) == .queued)
        try lock.harbour.turn(until: { log.frames == [[1]] })
        let thieves = ["worker-1", "worker-1#1"].map { lock.raw(thief, name: $0) }
        for socket in thieves {
            #expect(socket.connect(lock.listener.endpoint.description))
            socket.send([[6]])
        }
        try lock.harbour.turn(until: { lock.listener.strangerFrameCount == 2 })
        #expect(lock.listener.send([7], to: Lock.worker) == .queued)
        try lock.harbour.turn(until: { log.frames == [[1], [7]] })
        #expect(thieves.allSatisfy { $0.receive() == nil })
        #expect(lock.log.frames == [[1]])
    }

    @Test func `belongs to the newest connection of its owner`() throws {
        let lock = try Lock()
        let (oldLog, newLog) = (Log(), Log())
        let old = try lock.dial(lock.workerKey, oldLog)
        try lock.harbour.turn(until: { old.isConnected })
        #expect(old.send([1]) == .queued)
        try lock.harbour.turn(until: { oldLog.frames == [[1]] })
        let new = try lock.dial(lock.workerKey, newLog)
        try lock.harbour.turn(until: { new.isConnected })
        #expect(new.send([2]) == .queued)
        try lock.harbour.turn(until: { newLog.frames == [[2]] })
        #expect(old.send([3]) == .queued)
        try lock.harbour.turn(until: { lock.listener.strangerFrameCount == 1 })
        #expect(lock.log.frames == [[1], [2]])
    }

    @Test func `is no more heard, nor told anything, when its key leaves the roster`() throws {
        let lock = try Lock()
        let log = Log()
        let dialer = try lock.dial(
            lock.workerKey,
            log,
            FleetRoster([lock.member(lock.edgeKey, Lock.edge, .edge)])
        )
        try lock.harbour.turn(until: { dialer.isConnected })
        #expect(dialer.send([1]) == .queued)
        try lock.harbour.turn(until: { log.frames == [[1]] })
        lock.roster.replace([lock.member(lock.edgeKey, Lock.edge, .edge)])
        #expect(lock.listener.send([2], to: Lock.worker) == .unreachable)
        #expect(dialer.send([3]) == .queued)
        try lock.harbour.turn(until: { lock.listener.strangerFrameCount == 1 })
        #expect(lock.log.frames == [[1]] && log.frames == [[1]])
    }

    @Test func `is left when its server's key leaves the roster, and taken up with the next one`() throws {
        let lock = try Lock()
        let log = Log()
        let old = try NodeKey()
        let roster = FleetRoster([
            lock.member(old, Lock.edge, .edge), lock.member(lock.edgeKey, Lock.edge, .edge),
        ])
        let dialer = try lock.dial(lock.workerKey, log, roster)
        // The server has changed its key already.
        try lock.harbour.turn(until: { dialer.isConnected })
        roster.replace([lock.member(old, Lock.edge, .edge)])
        #expect(dialer.send([1]) == .unreachable)
        #expect(!dialer.isConnected && log.lostCount == 1)
        roster.replace([lock.member(lock.edgeKey, Lock.edge, .edge)])
        try lock.harbour.turn(until: { dialer.isConnected })
        #expect(dialer.send([2]) == .queued)
        try lock.harbour.turn(until: { log.frames == [[2]] })
    }

    @Test func `counts a key of any other form as none`() throws {
        let key = try NodeKey()
        #expect(PublicKey(key.publicKey.description) == key.publicKey)
        #expect(NodeKey(secret: key.secret)?.publicKey == key.publicKey)
        for text in [
            "", "0", String(repeating: "~", count: 40), key.secret + "0", String(key.secret.dropLast()),
        ] {
            #expect(PublicKey(text) == nil, "\(text)")
            #expect(NodeKey(secret: text) == nil, "\(text)")
        }
        #expect(!"\(key)".contains(key.secret))
    }
}
