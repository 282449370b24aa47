public import EventLoop

/// Serves HTTP/1.1 on one loop, from one thread.
///
/// For several cores: one loop, thread and server each, on a shared port.
///
/// Lives on its loop, which holds it, until `close`, or until it has drained. Not `Sendable`: every call, and
/// every call it makes, is on the loop's thread. Costs one timer for all connections together, which checks
/// their time limits, so those are met to within a second.
public final class HttpServer {
    /// What the server listens on; the system's choice if 0 was asked for.
    public let port: UInt16
    public internal(set) var counters = HttpCounters()
    public let limits: HttpLimits

    let loop: EventLoop
    let service: HttpService
    var collectingBytes = 0
    private(set) var isDraining = false
    /// Whether every reply is the last of its connection.
    private(set) var endsConnections = false
    private var listener: Int32
    private var isAcceptingPaused = false
    private var reserve = Socket.openReserve()
    private var connections: [Int32: HttpConnection] = [:]
    private var dirty: [HttpConnection] = []
    private var sweep: TimerID?
    private var date = DateLine()
    private var whenIdle: (() -> Void)?
    /// Shared by all connections: what is received is handed to a parser before the next is read.
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)

    /// Connections above the limit that are told so before they are closed; more than that are just closed.
    private static let politelyRefusedCount = 64
    private static let acceptedCountPerTurn = 64

    public init(
        loop: EventLoop,
        address: ListenAddress,
        limits: HttpLimits = HttpLimits(),
        service: HttpService
    ) throws {
        self.loop = loop
        self.limits = limits
        self.service = service
        (listener, port) = try Socket.listen(on: address, stallTime: limits.stallTime)
        do {
            try loop.watch(listener, for: .read) { [self] _ in acceptWaiting() }
        } catch {
            Socket.close(listener)
            listener = -1
            throw error
        }
        sweep = loop.schedule(every: limits.sweepInterval) { [self] in expire() }
    }

    deinit {
        scratch.deallocate()
        if reserve >= 0 { Socket.close(reserve) }
    }

    // MARK: Ending

    /// Goes on serving, but has clients take other connections: each reply ends its own.
    public func endConnections() { endsConnections = true }

    /// Stops accepting, lets the requests under way end with `Connection: close`, then calls `whenIdle`,
    /// once.
    ///
    /// What clients have connected already is served: a connection that has not said anything yet has
    /// `HttpLimits.lastHeadTime` for it. Waits as long as the replies take; `close` cuts it short.
    public func drain(_ whenIdle: @escaping () -> Void) {
        guard !isDraining else { return }
        acceptRemaining()
        isDraining = true
        endsConnections = true
        self.whenIdle = whenIdle
        stopListening()
        for connection in connections.values { connection.closeIfIdle(sparesNewcomers: true) }
        loop.schedule(after: limits.lastHeadTime) { [weak self] in
            for connection in self?.connections.values.map({ $0 }) ?? [] {
                connection.closeIfIdle(sparesNewcomers: false)
            }
        }
        reportIfIdle()
    }

    /// Stops at once; replies under way are lost, and their responders told.
    public func close() {
        stopListening()
        if let sweep { loop.cancel(sweep) }
        sweep = nil
        for connection in connections.values { connection.close() }
    }

    private func stopListening() {
        guard listener >= 0 else { return }
        loop.unwatch(listener)
        Socket.close(listener)
        listener = -1
    }

    private func reportIfIdle() {
        guard isDraining, connections.isEmpty, let whenIdle else { return }
        self.whenIdle = nil
        if let sweep { loop.cancel(sweep) }
        sweep = nil
        // Not in the middle of whatever closed the last connection.
        loop.atEndOfTurn(whenIdle)
    }

    // MARK: Accepting

    private func acceptWaiting() {
        for _ in 0..<Self.acceptedCountPerTurn where listener >= 0 {
            switch Socket.accept(listener) {
            case .connection(let descriptor): welcome(descriptor)
            case .gone: continue
            case .none: return
            case .outOfDescriptors: shed()
            case .outOfMemory: pauseAccepting()
            }
        }
    }

    /// Takes what waits in the system's queue, which closing the listener would reset.
    private func acceptRemaining() {
        guard listener >= 0 else { return }
        for _ in 0..<limits.connectionCount {
            guard case .connection(let descriptor) = Socket.accept(listener) else { return }
            welcome(descriptor)
        }
    }

    private func welcome(_ descriptor: Int32) {
        counters.acceptedCount += 1
        let isFull = connections.count >= limits.connectionCount
        if isFull { counters.closings[.connectionLimit, default: 0] += 1 }
        guard connections.count < limits.connectionCount + Self.politelyRefusedCount else {
            return Socket.close(descriptor)
        }
        do {
            let connection = try HttpConnection(descriptor, peer: Socket.peer(of: descriptor), server: self)
            connections[descriptor] = connection
            counters.openConnectionCount += 1
            if isFull { connection.refuse(HttpFault(503, "there are too many connections")) }
        } catch {
            Socket.close(descriptor)
        }
    }

    /// Out of descriptors, a waiting connection would wake the loop for ever: the reserve lets it be accepted
    /// and closed, which its client sees at once.
    private func shed() {
        if reserve >= 0 { Socket.close(reserve) }
        if case .connection(let descriptor) = Socket.accept(listener) {
            Socket.close(descriptor)
            counters.acceptedCount += 1
            counters.closings[.descriptorLimit, default: 0] += 1
        }
        reserve = Socket.openReserve()
        if reserve < 0 { pauseAccepting() }
    }

    /// Until the next sweep.
    private func pauseAccepting() {
        isAcceptingPaused = true
        loop.change(listener, to: [])
    }

    private func expire() {
        if isAcceptingPaused, listener >= 0 {
            isAcceptingPaused = false
            if reserve < 0 { reserve = Socket.openReserve() }
            loop.change(listener, to: .read)
        }
        let now = loop.now
        for connection in connections.values { connection.expire(at: now) }
    }

    // MARK: What connections ask for

    func forget(_ connection: HttpConnection) {
        loop.unwatch(connection.descriptor)
        Socket.close(connection.descriptor)
        connections[connection.descriptor] = nil
        counters.openConnectionCount -= 1
        reportIfIdle()
    }

    func dateLine() -> [UInt8] { date.current() }

    func flushAtEndOfTurn(_ connection: HttpConnection) {
        dirty.append(connection)
        if dirty.count == 1 { loop.atEndOfTurn { [self] in flushDirty() } }
    }

    private func flushDirty() {
        var index = 0
        // Flushing may add connections, even the same one, when a pipeline goes on.
        while index < dirty.count {
            dirty[index].flush()
            index += 1
        }
        dirty.removeAll(keepingCapacity: true)
    }

    /// As `Socket.receive`; the bytes are there until the next call.
    func receive(_ descriptor: Int32) -> Int? {
        let count = Socket.receive(descriptor, scratch)
        counters.receivedBytes += count ?? 0
        return count
    }

    func withReceived(_ byteCount: Int, _ body: (Span<UInt8>) -> Void) {
        body(Span(_unsafeBytes: UnsafeRawBufferPointer(rebasing: scratch[..<byteCount])))
    }

    /// As `Socket.send`.
    func send(_ descriptor: Int32, _ output: inout OutputBuffer) -> Int? {
        let count = output.drain { Socket.send(descriptor, $0) ?? -1 }
        guard count >= 0 else { return nil }
        counters.sentBytes += count
        return count
    }
}

extension HttpLimits {
    /// Often enough that a limit is met to within a quarter, seldom enough that 10,000 connections cost
    /// nothing.
    fileprivate var sweepInterval: Duration {
        let shortest = [headTime, idleTime, bodyWindow, stallTime, lingerTime].min() ?? .seconds(1)
        return max(.milliseconds(10), min(.seconds(1), shortest / 4))
    }
}
