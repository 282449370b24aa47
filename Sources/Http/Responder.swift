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
        case streaming
        case ended
    }

    /// The client went away, or was cut off, before the reply ended.
    ///
    /// Called at most once, never after the end.
    public var onClose: (() -> Void)?
    /// The reader has caught up after `write` said stop.
    public var onDrain: (() -> Void)?

    private var stage = Stage.waiting
    private var sink: (any ReplySink)?

    public init(_ sink: any ReplySink) { self.sink = sink }

    convenience init(_ connection: HttpConnection, for head: HttpRequestHead) {
        self.init(ConnectionReply(connection, for: head))
    }

    deinit { sink?.abandon(hasBegun: stage == .streaming) }

    /// Whether a reply can still reach the client, as far as is known.
    public var isOpen: Bool { sink != nil }

    /// Bytes that the client's socket has not taken yet.
    public var pendingBytes: Int { sink?.pendingBytes ?? 0 }

    /// The whole reply at once.
    public func send(status: Int, headers: ReplyHeaders = [:], body: [UInt8] = []) {
        guard stage == .waiting, let sink else { return }
        release()
        sink.send(status: status, headers: headers, body: body)
    }

    /// As above.
    public func send(_ reply: Reply) { send(status: reply.status, headers: reply.headers, body: reply.body) }

    /// Begins a reply whose body comes in pieces; the head leaves at the end of the turn.
    public func startStream(status: Int, headers: ReplyHeaders = [:]) {
        guard stage == .waiting, let sink else { return }
        stage = .streaming
        sink.startStream(status: status, headers: headers)
    }

    /// Adds to the stream; what one turn writes leaves together.
    ///
    /// False: the reader is behind, so wait for `onDrain`. Going on regardless ends in a cut at
    /// `HttpLimits.pendingBytes`.
    @discardableResult
    public func write(_ bytes: [UInt8]) -> Bool {
        guard stage == .streaming, let sink else { return false }
        return sink.write(bytes)
    }

    /// Ends the stream; `isFailure` if what it told is that something went wrong, so that nobody is told it
    /// again.
    public func end(isFailure: Bool = false) {
        guard stage == .streaming, let sink else { return }
        release()
        sink.end(isFailure: isFailure)
    }

    /// Breaks the connection off, so that the client cannot take what it has for a complete reply.
    public func abort() {
        guard let sink else { return }
        release()
        sink.abort()
    }

    /// Nobody waits for the reply any more; to be said by its sink.
    public func lost() {
        let told = onClose
        release()
        told?()
    }

    /// The reader has caught up; to be said by the sink.
    public func drained() { onDrain?() }

    /// Closures often hold the responder itself; letting them go here breaks the circle.
    private func release() {
        stage = .ended
        sink = nil
        onClose = nil
        onDrain = nil
    }
}
