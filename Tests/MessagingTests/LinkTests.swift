import CZeroMQ
import Contract
import EventLoop
import Messaging
import Testing

@Suite struct `A link` {
    @Test(arguments: LinkTransports.all) func `carries frames there and back`(
        transport: Endpoint.Transport
    ) throws {
        let harbour = try Harbour()
        let listener = try harbour.echo(at: try harbour.endpoint(transport))
        let log = Log()
        let dialer = try harbour.dial(listener.endpoint, as: "edge-1", log)
        try harbour.turn(until: { log.connectedCount == 1 })
        #expect(dialer.isConnected)
        let frames: [[UInt8]] = [[1], [UInt8](repeating: 7, count: 100_000), [0, 0]]
        for frame in frames { #expect(dialer.send(frame) == .queued) }
        try harbour.turn(until: { log.frames.count == frames.count })
        #expect(log.frames == frames)
        #expect(log.malformed.isEmpty)
    }

    @Test(arguments: LinkTransports.all) func `keeps the order of 50,000 frames`(
        transport: Endpoint.Transport
    ) throws {
        let harbour = try Harbour()
        let listener = try harbour.echo(at: try harbour.endpoint(transport))
        var wanted = 0
        var isInOrder = true
        let dialer = try Dialer(
            harbour.loop,
            harbour.context,
            as: NodeID("edge-1"),
            to: listener.endpoint,
            .tokens,
            Dialer.Handlers { bytes in
                isInOrder = isInOrder && bytes.array.number == wanted
                wanted += 1
            }
        )
        try harbour.turn(until: { dialer.isConnected })
        for number in 0..<50_000 { try #require(dialer.send([UInt8](number: number)) == .queued) }
        try harbour.turn(until: { wanted == 50_000 }, atMost: 20_000)
        #expect(isInOrder)
        #expect(dialer.outboxByteCount == 0)
        #expect(listener.outboxByteCount(of: NodeID("edge-1")) == 0)
    }

    @Test(arguments: LinkTransports.all) func `carries what was said just before it was closed`(
        transport: Endpoint.Transport
    ) throws {
        let harbour = try Harbour()
        let log = Log()
        let listener = try Listener(
            harbour.loop,
            harbour.context,
            at: try harbour.endpoint(transport),
            .tokens,
            log.listenerHandlers
        )
        // Once is luck: the frames may have left before the socket is closed.
        for round in 1...20 {
            let dialer = try harbour.dial(listener.endpoint, as: "worker-\(round)", Log())
            try harbour.turn(until: { dialer.isConnected })
            for number in 0..<100 { #expect(dialer.send([UInt8](number: number)) == .queued) }
            dialer.close()
            try harbour.turn(until: { log.frames.count >= 100 * round })
            #expect(log.frames.suffix(100).map(\.number) == Array(0..<100))
        }
    }

    @Test func `may be dialed within a process before anybody listens`() throws {
        let harbour = try Harbour()
        let endpoint = try harbour.endpoint(.inproc)
        let log = Log()
        let dialer = try harbour.dial(endpoint, as: "edge-1", log)
        for number in 0..<1000 { #expect(dialer.send([UInt8](number: number)) == .queued) }
        try harbour.turn(until: { log.connectedCount == 1 })
        let listener = try harbour.echo(at: endpoint)
        try harbour.turn(until: { log.frames.count == 1000 })
        #expect(log.frames.map(\.number) == Array(0..<1000))
        listener.close()
    }

    @Test(arguments: [Endpoint.Transport.ipc, .tcp])
    func `is dialed again when it breaks, and what waited is discarded`(transport: Endpoint.Transport) throws
    {
        let harbour = try Harbour()
        let first = try harbour.echo(at: try harbour.endpoint(transport))
        let endpoint = first.endpoint
        let log = Log()
        let dialer = try harbour.dial(endpoint, as: "edge-1", log)
        try harbour.turn(until: { log.connectedCount == 1 })
        first.close()
        // Whether it is taken by the dying connection or by the outbox: it must not reach the next one.
        #expect(dialer.send([1, 1]) == .queued)
        try harbour.turn(until: { log.lostCount == 1 })
        #expect(dialer.outboxByteCount == 0)
        #expect(!dialer.isConnected)
        // The old socket's address is free once ZeroMQ's own thread has closed it.
        var second: Listener?
        try harbour.turn(until: {
            second = second ?? (try? harbour.echo(at: endpoint))
            return second != nil
        })
        try harbour.turn(until: { log.connectedCount == 2 })
        #expect(dialer.send([2, 2]) == .queued)
        try harbour.turn(until: { !log.frames.isEmpty })
        #expect(log.frames == [[2, 2]])
    }

    @Test func `is not stood up with a peer that speaks something else`() throws {
        let harbour = try Harbour()
        let stranger = RawSocket(ZMQ_STREAM)
        #expect(stranger.bind("tcp://127.0.0.1:*"))
        let log = Log()
        let dialer = try harbour.dial(try Endpoint(stranger.endpoint), as: "edge-1", log)
        try harbour.turn(until: {
            // Identity of the connection, then its first bytes; the answer is no ZMTP greeting.
            if let connection = stranger.receive() {
                stranger.send([connection, Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)])
            }
            return log.handshakeFailureCount + log.lostCount > 0
        })
        #expect(!dialer.isConnected)
        #expect(log.connectedCount == 0)
    }

    @Test func `is not dialed under a name that no listener would hear`() throws {
        let harbour = try Harbour()
        #expect(throws: MessagingError.identity("a b")) {
            try harbour.dial(try harbour.endpoint(.inproc), as: "a b", Log())
        }
    }

    @Test func `has one listener, and the second is told why it is not`() throws {
        let harbour = try Harbour()
        let listener = try harbour.echo(at: try harbour.endpoint(.tcp))
        let error = #expect(throws: MessagingError.self) { try harbour.echo(at: listener.endpoint) }
        #expect(error?.description == "bind \(listener.endpoint): Address already in use")
    }

    @Test func `between two threads shares one context, and its end never waits`() throws {
        let context = try MessagingContext()
        let endpoint = try Endpoint("inproc://threads")
        let stop = try Mailbox<Bool>()
        let thread = try LoopThread(name: "echo") {
            do { try Self.echo(context, endpoint, until: stop) } catch { Issue.record(error) }
        }
        let loop = try EventLoop()
        let log = Log()
        let dialer = try Dialer(
            loop,
            context,
            as: NodeID("edge-1"),
            to: endpoint,
            .tokens,
            log.dialerHandlers
        )
        for number in 0..<10_000 { #expect(dialer.send([UInt8](number: number)) == .queued) }
        var turnCount = 0
        while log.frames.count < 10_000, turnCount < 10_000 {
            loop.turn(wait: .milliseconds(10))
            turnCount += 1
        }
        #expect(log.frames.map(\.number) == Array(0..<10_000))
        // Frames still under way do not hold anybody up.
        for number in 0..<1000 { _ = dialer.send([UInt8](number: number)) }
        dialer.close()
        #expect(dialer.send([1]) == .unreachable)
        stop.post(true)
        thread.join()
    }

    private static func echo(
        _ context: MessagingContext,
        _ endpoint: Endpoint,
        until stop: Mailbox<Bool>
    ) throws {
        let loop = try EventLoop()
        weak var weakListener: Listener?
        let listener = try Listener(
            loop,
            context,
            at: endpoint,
            .tokens,
            Listener.Handlers { _ = weakListener?.send($1.array, to: $0) }
        )
        weakListener = listener
        try loop.attach(stop) { _ in loop.stop() }
        loop.run()
        listener.close()
    }
}
