/// What the header of a frame says besides type and length: who speaks, and which message of the link this
/// is.
public struct LinkHeader: Hashable, Sendable {
    public var epoch: BootEpoch
    /// +1 per message from this sender to this receiver; 0 on a message outside any session (`resync`,
    /// `error`).
    public var sequence: UInt64
    /// The highest sequence that was received without a gap from the other side.
    public var acknowledged: UInt64
    /// The sender's monotonic clock, for round-trip figures only.
    public var sentAt: Instant

    public init(epoch: BootEpoch, sequence: UInt64, acknowledged: UInt64 = 0, sentAt: Instant = .zero) {
        self.epoch = epoch
        self.sequence = sequence
        self.acknowledged = acknowledged
        self.sentAt = sentAt
    }
}

/// One message with its header: what a codec makes bytes of.
public struct Envelope: Hashable, Sendable {
    public var header: LinkHeader
    public var message: Message

    public init(header: LinkHeader, message: Message) {
        self.header = header
        self.message = message
    }
}
