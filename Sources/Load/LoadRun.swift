internal import Contract
internal import EventLoop

/// Puts a steady load on a server: one request under way on each connection, then the next.
///
/// Runs on a loop of its own on the calling thread. Counts only what is complete within the window; what is
/// under way at its end is waited for, so that the server is at rest afterwards.
public final class LoadRun {
    public struct Plan: Sendable {
        public var port: UInt16
        public var request: LoadRequest
        public var connectionCount: Int
        /// Before the window: caches fill, buffers grow.
        public var warmUp: Duration
        public var window: Duration

        public init(
            port: UInt16,
            request: LoadRequest,
            connectionCount: Int,
            warmUp: Duration = .milliseconds(200),
            window: Duration
        ) {
            self.port = port
            self.request = request
            self.connectionCount = connectionCount
            self.warmUp = warmUp
            self.window = window
        }
    }

    private static let patience = Duration.seconds(30)

    private let plan: Plan
    private let loop: EventLoop
    private var connections: [LoadConnection] = []
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)
    private var result = LoadResult()
    private var windowStart: Instant?
    private var openCount = 0
    private var isEnding = false
    private var fault: LoadFault?

    public static func result(of plan: Plan) throws -> LoadResult { try LoadRun(plan).run() }

    private init(_ plan: Plan) throws {
        self.plan = plan
        loop = try EventLoop()
        for _ in 0..<plan.connectionCount {
            connections.append(LoadConnection(try LoadSocket(LoadAddress(port: plan.port))))
        }
    }

    private func run() throws -> LoadResult {
        for connection in connections {
            try loop.watch(connection.descriptor, for: .read) { [unowned self] _ in advance(connection) }
            send(on: connection)
        }
        openCount = connections.count
        loop.schedule(after: plan.warmUp) { [unowned self] in windowStart = loop.now }
        loop.schedule(after: plan.warmUp + plan.window) { [unowned self] in end() }
        loop.schedule(after: plan.warmUp + plan.window + Self.patience) { [unowned self] in
            fail(.silent(seconds: Self.patience.components.seconds))
        }
        if fault == nil { loop.run() }
        for connection in connections { loop.unwatch(connection.descriptor) }
        if let fault { throw fault }
        guard !result.latencies.isEmpty else { throw LoadFault.windowTooShort }
        result.sort()
        return result
    }

    private func end() {
        isEnding = true
        result.window = windowStart.map { loop.now - $0 } ?? .zero
    }

    private func fail(_ reason: LoadFault) {
        fault = fault ?? reason
        loop.stop()
    }

    private func send(on connection: LoadConnection) {
        do throws(LoadFault) {
            try connection.send(plan.request, at: loop.now)
        } catch {
            fail(error)
        }
    }

    private func advance(_ connection: LoadConnection) {
        do throws(LoadFault) {
            try connection.receive(through: &buffer) { loop.now }
        } catch {
            return fail(error)
        }
        guard connection.isComplete else { return }
        if windowStart != nil, !isEnding { result.add(connection, at: loop.now) }
        guard isEnding else { return send(on: connection) }
        openCount -= 1
        if openCount == 0 { loop.stop() }
    }
}
