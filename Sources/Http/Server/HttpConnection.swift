internal import Contract
internal import EventLoop

/// One client's connection: reads requests one at a time, in order, and sends their replies.
///
/// ```
/// reading ── complete request ──▶ replying ── reply ended, kept ──▶ reading
///    │ fault, refusal, time out       │ reply ended, not kept
///    └───────────────▶ finishing ◀────┘
///                          │ all bytes left
///                          ▼
///                      lingering ──▶ closed ◀── client left, write stall, cut: from anywhere
/// ```
/// Input is read only while reading, so a client that floods during a reply fills its own socket and no
/// memory; EPOLLRDHUP stays on throughout, so that its leaving is still seen. (A client that has filled its
/// socket first is found to be gone by the next write: its end of stream cannot overtake the flood.) The next
/// request of a pipeline is looked at when the reply before it has ended and its reader has kept up.
final class HttpConnection {
    enum Phase {
        case reading
        case replying
        case finishing
        case lingering
        case closed
    }

    let descriptor: Int32
    let server: HttpServer
    private let peer: String
    private var parser: RequestParser
    private var head: HttpRequestHead?
    private var phase = Phase.reading
    private var clock = ConnectionClock()
    private var registered: EventLoop.Interest = [.read, .peerClosed]
    private var output = OutputBuffer()
    private weak var responder: Responder?
    private var isAdvancing = false
    private var isStreaming = false
    /// Why the reply under way is to be broken off at the end of the turn.
    private var cut: HttpCounters.Closing?
    private var isReaderBehind = false
    private var discardedBytes = 0
    /// How much of `HttpLimits.collectingBytes` this connection's unfinished body takes up.
    private var collectedBytes = 0
    /// On the server's list for the end of the turn.
    private var isDirty = false

    init(_ descriptor: Int32, peer: String, server: HttpServer) throws(EventLoop.SystemError) {
        self.descriptor = descriptor
        self.peer = peer
        self.server = server
        parser = RequestParser(limits: server.limits)
        clock.expect(.head, at: server.loop.now)
        try server.loop.watch(descriptor, for: registered) { [self] in ready($0) }
    }

    var pendingBytes: Int { output.count }
    var mayKeepAlive: Bool { !server.endsConnections }
    private var wantsInput: Bool { phase == .reading && output.count <= server.limits.highWaterBytes }

    // MARK: What the client does

    private func ready(_ readiness: EventLoop.Readiness) {
        if readiness.failed {
            close()
        } else if phase == .lingering {
            discard()
        } else if readiness.peerClosed, !(wantsInput && readiness.readable) {
            // What was said before the goodbye is read first: a request that can be answered at once is.
            close()
        } else {
            if readiness.readable { if wantsInput { receive() } else { pauseReading() } }
            if readiness.writable { markDirty() }
        }
    }

    private func receive() {
        guard let count = server.receive(descriptor) else { return }
        guard count > 0 else { return close() }
        server.withReceived(count) { parser.feed($0) }
        clock.received(count)
        advance()
    }

    /// Reads as many requests as are complete and may be answered now.
    private func advance() {
        guard !isAdvancing else { return }
        isAdvancing = true
        defer { isAdvancing = false }
        do {
            while wantsInput, let event = try parser.next() {
                switch event {
                case .head(let head): admit(head)
                case .end(let body): handle(body)
                }
            }
            try accountForBody()
        } catch {
            refuse(error)
        }
        if phase == .reading { expectInput() }
    }

    private func expectInput() {
        let wait: ConnectionClock.Wait = head != nil ? .body : parser.isBetweenRequests ? .idle : .head
        // A client that has never said anything is held to the shorter limit.
        if wait == .idle, clock.wait == .head { return }
        clock.expect(wait, at: server.loop.now)
    }

    private func admit(_ head: HttpRequestHead) {
        switch server.service.admit(head) {
        case .refuse(let reply):
            server.counters.faults[reply.status, default: 0] += 1
            finish(with: reply, isHead: head.isHead)
        case .accept(let bodyByteLimit):
            self.head = head
            if let bodyByteLimit { parser.bodyLimit = bodyByteLimit }
            guard head.expectsContinue, head.framing.announcesBody(upTo: parser.bodyLimit), !parser.hasInput
            else {
                return
            }
            output.bytes.append(ReplyHead.goOn)
            markDirty()
        }
    }

    private func handle(_ body: [UInt8]) {
        guard let head else { return }
        self.head = nil
        phase = .replying
        clock.expect(.none, at: .zero)
        server.counters.requestCount += 1
        let responder = Responder(self, for: head)
        self.responder = responder
        server.service.handle(HttpRequest(head: head, body: body, peer: peer), responder)
    }

    private func accountForBody() throws(HttpFault) {
        let held = phase == .reading ? parser.bodyByteCount : 0
        let growth = held - collectedBytes
        server.collectingBytes += growth
        collectedBytes = held
        guard growth <= 0 || server.collectingBytes <= server.limits.collectingBytes else {
            throw HttpFault(503, "too many bodies are arriving at once")
        }
    }

    private func dropInput() {
        head = nil
        parser = RequestParser(limits: server.limits)
        server.collectingBytes -= collectedBytes
        collectedBytes = 0
    }

    /// After the last reply input is thrown away for a while: closing over unread input would reset the
    /// connection, and the client could lose the reply (RFC 9112 9.6).
    private func discard() {
        guard let count = server.receive(descriptor) else { return }
        discardedBytes += count
        if count <= 0 || discardedBytes > server.limits.lingerBytes { close() }
    }

    private func pauseReading() { register(registered.subtracting(.read)) }

    // MARK: What replies do

    func append(_ head: ReplyHead) {
        head.append(to: &output.bytes, date: server.dateLine())
        markDirty()
    }

    func append(_ bytes: [UInt8]) {
        output.bytes.append(contentsOf: bytes)
        markDirty()
    }

    func append(_ text: StaticString) {
        output.bytes.append(text)
        markDirty()
    }

    /// Nothing more is kept for a reader that is to be cut off.
    func appendToStream(_ bytes: [UInt8], isChunked: Bool) {
        guard cut == nil else { return }
        guard isChunked else { return append(bytes) }
        bytes.withUnsafeBufferPointer { output.appendChunk($0) }
        markDirty()
    }

    func beginStream() {
        isStreaming = true
        server.counters.openStreamCount += 1
    }

    /// Whether the reader keeps up; one that is hopelessly behind is cut off at the end of the turn.
    func isReaderAbreast() -> Bool {
        if output.count > server.limits.pendingBytes { cut = .pendingLimit }
        if output.count > server.limits.highWaterBytes { isReaderBehind = true }
        return !isReaderBehind
    }

    func replyEnded(keepsAlive: Bool) {
        guard phase == .replying else { return }
        endStream()
        isReaderBehind = false
        phase = keepsAlive && mayKeepAlive ? .reading : .finishing
        markDirty()
        if phase == .reading { expectInput() }
    }

    /// The handler let go of its responder.
    func abandon(hasBegun: Bool) {
        guard phase == .replying else { return }
        if hasBegun {
            cut = .unfinished
            markDirty()
        } else {
            refuse(HttpFault(500, "the request was not answered"))
        }
    }

    private func endStream() {
        guard isStreaming else { return }
        isStreaming = false
        server.counters.openStreamCount -= 1
    }

    // MARK: What we end

    /// Says what is wrong with the request, then closes.
    func refuse(_ fault: HttpFault) {
        guard phase == .reading || phase == .replying else { return }
        server.counters.faults[fault.status, default: 0] += 1
        finish(with: server.service.render(fault, head), isHead: head?.isHead ?? false)
    }

    private func finish(with reply: Reply, isHead: Bool) {
        endStream()
        phase = .finishing
        dropInput()
        clock.expect(.none, at: .zero)
        let framing = ReplyHead.Framing.length(reply.body.count)
        append(ReplyHead(status: reply.status, headers: reply.headers, framing: framing, persistence: .close))
        if !isHead { append(reply.body) }
    }

    /// Closes if what the connection does has taken too long.
    func expire(at now: Instant) {
        guard let verdict = clock.verdict(at: now, server.limits) else { return }
        server.counters.closings[verdict, default: 0] += 1
        switch verdict {
        case .headTimeout where parser.isBetweenRequests: close()
        case .headTimeout: refuse(HttpFault(408, "the request head took too long"))
        case .bodyTimeout: refuse(HttpFault(408, "the body came too slowly"))
        default: close()
        }
    }

    /// For draining: closes, once the last reply has left, unless a request is under way, or may be the
    /// first.
    func closeIfIdle(sparesNewcomers: Bool) {
        guard phase == .reading, parser.isBetweenRequests else { return }
        if sparesNewcomers, clock.wait == .head { return }
        if output.isEmpty { close() } else { phase = .finishing }
    }

    /// Ends everything at once; a reply under way is lost, and its responder told.
    func close() {
        guard phase != .closed else { return }
        let wasReplying = phase == .replying
        phase = .closed
        endStream()
        output = OutputBuffer()
        dropInput()
        server.forget(self)
        guard wasReplying else { return }
        server.counters.abandonedCount += 1
        responder?.lost()
    }

    // MARK: The end of the turn

    private func markDirty() {
        guard !isDirty, phase != .closed else { return }
        isDirty = true
        server.flushAtEndOfTurn(self)
    }

    /// Sends what the turn produced and goes on with what follows from it.
    func flush() {
        isDirty = false
        if let cut, phase != .closed {
            server.counters.closings[cut, default: 0] += 1
            close()
        }
        guard phase != .closed, sendPending() else { return }
        if phase == .finishing, output.isEmpty { linger() }
        if isReaderBehind, phase == .replying, output.count <= server.limits.lowWaterBytes {
            isReaderBehind = false
            responder?.drained()
        }
        if wantsInput, parser.hasInput { advance() }
        guard phase != .closed else { return }
        var interest: EventLoop.Interest = .peerClosed
        if !output.isEmpty { interest.insert(.write) }
        // Reading is paused only when input really comes: a client that waits for its reply costs no system
        // call.
        if wantsInput || phase == .lingering || registered.contains(.read) { interest.insert(.read) }
        register(interest)
    }

    /// False if the client has gone.
    private func sendPending() -> Bool {
        guard !output.isEmpty else { return true }
        guard let count = server.send(descriptor, &output) else {
            close()
            return false
        }
        if output.isEmpty {
            clock.unstalled()
        } else {
            clock.stalled(madeProgress: count > 0, at: server.loop.now)
        }
        return true
    }

    private func linger() {
        phase = .lingering
        clock.expect(.linger, at: server.loop.now)
        Socket.endSending(descriptor)
    }

    private func register(_ interest: EventLoop.Interest) {
        guard interest != registered else { return }
        registered = interest
        server.loop.change(descriptor, to: interest)
    }
}

extension HttpRequestHead.Framing {
    /// Whether a body follows that will be taken: a client need not be told to go on for anything else.
    fileprivate func announcesBody(upTo limit: Int) -> Bool {
        switch self {
        case .none: false
        case .length(let length): length > 0 && length <= limit
        case .chunked: true
        }
    }
}
