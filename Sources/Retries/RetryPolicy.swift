/// How long, and in how much memory, replies wait for requests that come again.
///
/// Every limit of this target is in this table.
public struct RetryPolicy: Hashable, Sendable {
    /// How long the finished reply to a request with a key is kept.
    public var keepTime: Duration = .seconds(86_400)
    /// All replies that are kept, running ones included; those not asked for longest make room.
    public var byteCount = 64 << 20
    /// Of one reply; a longer one is not kept.
    public var replyByteCount = 16 << 20
    /// Finished replies.
    public var replyCount = 8192
    /// How long a request with a key is run on without a client.
    public var grace: Duration = .seconds(10)
    /// The same for one without a key, of which nobody has seen anything: both official client libraries ask
    /// again within two seconds, unless they were told to try more than twice.
    public var unseenGrace: Duration = .seconds(3)
    /// What a reply takes beside its bytes: head, digests, entries of tables.
    public static let overheadByteCount = 1024
    /// Of an `Idempotency-Key`.
    public static let keyBytes = 1...255

    public init() {}
}
