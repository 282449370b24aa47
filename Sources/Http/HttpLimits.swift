/// How much one client may ask of the edge, and how slowly.
///
/// Every limit of this target is in this table.
public struct HttpLimits: Sendable {
    // What one request may be
    /// Request line and header fields together; more is a 431.
    public var headBytes = 32 << 10
    public var fieldCount = 100
    /// More is a 414.
    public var targetBytes = 8 << 10
    /// The default for a body; admission may say otherwise for a request.
    ///
    /// More is a 413.
    public var bodyBytes = 32 << 20
    /// One chunk-size line with its extensions, which are ignored.
    public var chunkLineBytes = 256
    /// All chunk extensions of one body.
    public var chunkExtensionBytes = 4 << 10
    /// The trailer section, which is dropped.
    public var trailerBytes = 8 << 10

    // What all clients may hold together
    /// One more is told 503 and closed.
    public var connectionCount = 10_000
    /// Bodies that are still arriving, over all connections; the request that passes it is told 503.
    public var collectingBytes = 1 << 30

    // How slow a client may be
    /// From the connection, or the first byte of a later request, to the end of the head.
    public var headTime: Duration = .seconds(10)
    /// While draining, until the first byte of a connection that has not said anything.
    public var lastHeadTime: Duration = .milliseconds(500)
    /// Between two requests.
    public var idleTime: Duration = .seconds(75)
    /// A body must bring `bodyBytesPerSecond` on average over every window of this length; the first is the
    /// grace.
    public var bodyWindow: Duration = .seconds(10)
    public var bodyBytesPerSecond = 1 << 10
    /// How long a reply may wait for a reader that takes nothing.
    public var stallTime: Duration = .seconds(60)
    /// How long, and over how much input, a connection is kept after its last reply so that the client can
    /// read it.
    public var lingerTime: Duration = .seconds(5)
    public var lingerBytes = 64 << 20

    // How far a reply may run ahead of its reader
    /// Above this `Responder.write` says stop; `onDrain` follows once `lowWaterBytes` are reached.
    public var highWaterBytes = 256 << 10
    public var lowWaterBytes = 64 << 10
    /// A stream that has more than this waiting is cut off.
    public var pendingBytes = 4 << 20

    public init() {}
}
