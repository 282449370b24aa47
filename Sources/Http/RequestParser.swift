/// Turns the bytes of one connection into requests, strictly, and the same way however the bytes were cut.
///
/// A pure value: no I/O, no clock. What RFC 9112 lets a lenient server repair is refused here, because every
/// repair is a request that a proxy in front may have read differently. After a fault the parser stays
/// faulted: where the next request begins is no longer known.
///
/// Holds at most what was fed and not used, plus one body up to its limit.
public struct RequestParser: Sendable {
    public enum Event: Sendable {
        /// A complete head. `bodyLimit` may now be changed for this request; the next call of `next` goes on.
        case head(HttpRequestHead)
        /// The complete body, empty if there is none: the request is over and the next one may follow.
        case end(body: [UInt8])
    }

    private enum Stage {
        case head
        case admitted(HttpRequestHead.Framing)
        case fixed(remainingCount: Int)
        case chunked
        case faulted(HttpFault)
    }

    /// The longest body that the request under way may have.
    public var bodyLimit: Int

    private let limits: HttpLimits
    private var input = InputBuffer()
    private var stage = Stage.head
    private var head = HeadReader()
    private var chunks = ChunkedReader()
    private var body: [UInt8] = []

    public init(limits: HttpLimits = HttpLimits()) {
        self.limits = limits
        bodyLimit = limits.bodyBytes
    }

    /// Whether bytes wait to be looked at.
    public var hasInput: Bool { input.count > 0 }

    /// Whether nothing of the next request has arrived.
    public var isBetweenRequests: Bool {
        if case .head = stage { !head.hasBegun && !hasInput } else { false }
    }

    /// How much of the body under way has arrived.
    public var bodyByteCount: Int { body.count }

    /// Takes over bytes that arrived; `next` says what they mean.
    public mutating func feed(_ bytes: Span<UInt8>) { input.append(bytes) }

    /// The next event, or nil if more bytes are needed for one.
    public mutating func next() throws(HttpFault) -> Event? {
        do {
            return try step()
        } catch {
            stage = .faulted(error)
            body = []
            throw error
        }
    }

    private mutating func step() throws(HttpFault) -> Event? {
        switch stage {
        case .head:
            guard hasInput, let complete = try head.read(&input, limits) else { return nil }
            head = HeadReader()
            bodyLimit = limits.bodyBytes
            stage = .admitted(complete.framing)
            return .head(complete)
        case .admitted(let framing):
            try admit(framing)
            return try step()
        case .fixed(let remainingCount):
            let left = remainingCount - input.move(upTo: remainingCount, to: &body)
            stage = .fixed(remainingCount: left)
            return left == 0 ? end() : nil
        case .chunked:
            let isComplete = try chunks.read(&input, to: &body, bodyLimit: bodyLimit, limits)
            return isComplete ? end() : nil
        case .faulted(let fault):
            throw fault
        }
    }

    private mutating func admit(_ framing: HttpRequestHead.Framing) throws(HttpFault) {
        switch framing {
        case .none: stage = .fixed(remainingCount: 0)
        case .chunked:
            chunks = ChunkedReader()
            stage = .chunked
        case .length(let length):
            guard length <= bodyLimit else { throw .bodyTooLarge(bodyLimit) }
            // The rest of the room is made as bytes really arrive.
            body.reserveCapacity(min(length, 64 << 10))
            stage = .fixed(remainingCount: length)
        }
    }

    private mutating func end() -> Event {
        var complete: [UInt8] = []
        swap(&complete, &body)
        stage = .head
        return .end(body: complete)
    }
}
