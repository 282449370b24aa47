/// The reply that is due on a client's connection, framed as the client's version of HTTP has it.
final class ConnectionReply: ReplySink {
    private let connection: HttpConnection
    private let isHead: Bool
    private let version: HttpVersion
    private var keepsAlive: Bool
    /// Of the stream's body.
    private var framing = ReplyHead.Framing.none

    init(_ connection: HttpConnection, for head: HttpRequestHead) {
        self.connection = connection
        isHead = head.isHead
        version = head.version
        keepsAlive = head.keepsAlive
    }

    var pendingBytes: Int { connection.pendingBytes }

    func send(status: Int, headers: ReplyHeaders, body: [UInt8]) {
        let framing: ReplyHead.Framing = ReplyStatus.isBodiless(status) ? .none : .length(body.count)
        begin(status, headers, framing)
        if !isHead, case .length = framing { connection.append(body) }
        connection.replyEnded(keepsAlive: keepsAlive)
    }

    func startStream(status: Int, headers: ReplyHeaders) {
        let framing: ReplyHead.Framing =
            ReplyStatus.isBodiless(status) ? .none : version == .http11 ? .chunked : .close
        if case .close = framing { keepsAlive = false }
        begin(status, headers, framing)
        connection.beginStream()
        self.framing = isHead ? .none : framing
    }

    func write(_ bytes: [UInt8]) -> Bool {
        switch framing {
        case .chunked: connection.appendToStream(bytes, isChunked: true)
        case .close: connection.appendToStream(bytes, isChunked: false)
        case .none, .length: return true
        }
        return connection.isReaderAbreast()
    }

    func end(isFailure: Bool) {
        if case .chunked = framing { connection.append("0\r\n\r\n") }
        connection.replyEnded(keepsAlive: keepsAlive)
    }

    func abort() { connection.close() }

    func abandon(hasBegun: Bool) { connection.abandon(hasBegun: hasBegun) }

    private func begin(_ status: Int, _ headers: ReplyHeaders, _ framing: ReplyHead.Framing) {
        // Settled here: what the head says must be what happens, even if draining begins meanwhile.
        keepsAlive = keepsAlive && connection.mayKeepAlive
        let persistence: ReplyHead.Persistence =
            !keepsAlive ? .close : version == .http10 ? .keepAlive : .silent
        connection.append(
            ReplyHead(status: status, headers: headers, framing: framing, persistence: persistence)
        )
    }
}
