/// The one reply to one request; answered at once or later, on the loop's thread.
///
/// Can become: waiting → ended (`send`), waiting → streaming (`startStream`) → ended (`end`); and lost from
/// either, when the client goes away. Calls that come too late do nothing. A responder that is let go
/// unanswered replies 500, or cuts its stream off, so that no client waits for ever.
///
/// A client that closes only its sending side counts as gone too: a client of a generation that stops
/// listening must free the engine, and the two cannot be told apart.
public final class Responder {
    private enum Stage {
        case waiting
        case streaming(ReplyHead.Framing)
        case ended
    }

    /// The client went away, or was cut off, before the reply ended.
    ///
    /// Called at most once, never after the end.
    public var onClose: (() -> Void)?
    /// The reader has caught up after `write` said stop.
    public var onDrain: (() -> Void)?

    private var stage = Stage.waiting
    private var connection: HttpConnection?
    private let isHead: Bool
    private let version: HttpVersion
    private var keepsAlive: Bool

    init(_ connection: HttpConnection, for head: HttpRequestHead) {
        self.connection = connection
        isHead = head.isHead
        version = head.version
        keepsAlive = head.keepsAlive
    }

    deinit { connection?.abandon(hasBegun: isStreaming) }

    /// Whether a reply can still reach the client, as far as is known.
    public var isOpen: Bool { connection != nil }

    /// Bytes that the client's socket has not taken yet.
    public var pendingBytes: Int { connection?.pendingBytes ?? 0 }

    private var isStreaming: Bool { if case .streaming = stage { true } else { false } }

    /// The whole reply at once.
    public func send(status: Int, headers: ReplyHeaders = [:], body: [UInt8] = []) {
        guard case .waiting = stage, let connection else { return }
        let framing: ReplyHead.Framing = ReplyStatus.isBodiless(status) ? .none : .length(body.count)
        begin(connection, status, headers, framing)
        if !isHead, case .length = framing { connection.append(body) }
        finish(connection)
    }

    /// As above.
    public func send(_ reply: Reply) { send(status: reply.status, headers: reply.headers, body: reply.body) }

    /// Begins a reply whose body comes in pieces; the head leaves at the end of the turn.
    public func startStream(status: Int, headers: ReplyHeaders = [:]) {
        guard case .waiting = stage, let connection else { return }
        let framing: ReplyHead.Framing =
            ReplyStatus.isBodiless(status) ? .none : version == .http11 ? .chunked : .close
        if case .close = framing { keepsAlive = false }
        begin(connection, status, headers, framing)
        connection.beginStream()
        stage = .streaming(isHead ? .none : framing)
    }

    /// Adds to the stream; what one turn writes leaves together.
    ///
    /// False: the reader is behind, so wait for `onDrain`. Going on regardless ends in a cut at
    /// `HttpLimits.pendingBytes`.
    @discardableResult
    public func write(_ bytes: [UInt8]) -> Bool {
        guard case .streaming(let framing) = stage, let connection else { return false }
        switch framing {
        case .chunked: connection.appendToStream(bytes, isChunked: true)
        case .close: connection.appendToStream(bytes, isChunked: false)
        case .none, .length: return true
        }
        return connection.isReaderAbreast()
    }

    /// Ends the stream.
    public func end() {
        guard case .streaming(let framing) = stage, let connection else { return }
        if case .chunked = framing { connection.append("0\r\n\r\n") }
        finish(connection)
    }

    /// Breaks the connection off, so that the client cannot take what it has for a complete reply.
    public func abort() {
        guard let connection else { return }
        onClose = nil
        connection.close()
    }

    private func begin(
        _ connection: HttpConnection,
        _ status: Int,
        _ headers: ReplyHeaders,
        _ framing: ReplyHead.Framing
    ) {
        // Settled here: what the head says must be what happens, even if draining begins meanwhile.
        keepsAlive = keepsAlive && connection.mayKeepAlive
        let persistence: ReplyHead.Persistence =
            !keepsAlive ? .close : version == .http10 ? .keepAlive : .silent
        connection.append(
            ReplyHead(status: status, headers: headers, framing: framing, persistence: persistence)
        )
    }

    private func finish(_ connection: HttpConnection) {
        release()
        connection.replyEnded(keepsAlive: keepsAlive)
    }

    /// The connection is gone.
    func lost() {
        let told = onClose
        release()
        told?()
    }

    func drained() { onDrain?() }

    /// Closures often hold the responder itself; letting them go here breaks the circle.
    private func release() {
        stage = .ended
        connection = nil
        onClose = nil
        onDrain = nil
    }
}
