/// How much the prefixes on disk may take.
public struct PrefixLimits: Hashable, Sendable {
    /// Of all files together; who was not asked for the longest goes first.
    public var diskBytes: Int
    /// Shorter prefixes are not worth a file.
    public var minTokens: Int
    /// Segments in all: their tokens are kept in memory.
    public var segments: Int
    /// What may wait to be written before more is turned away; a single prefix may exceed it.
    public var queuedBytes: Int
    /// How long stopping waits for what is still to be written.
    public var stopTime: Duration
    /// How long nothing is written after that has failed; a disk may have room again.
    public var retryTime: Duration

    public init(
        diskBytes: Int = 10 << 30,
        minTokens: Int = 512,
        segments: Int = 65_536,
        queuedBytes: Int = 1 << 30,
        stopTime: Duration = .seconds(5),
        retryTime: Duration = .seconds(10)
    ) {
        self.diskBytes = diskBytes
        self.minTokens = minTokens
        self.segments = segments
        self.queuedBytes = queuedBytes
        self.stopTime = stopTime
        self.retryTime = retryTime
    }

    /// Tokens of a whole segment, where a block has no more.
    static let segmentTokens = 256
    static let blockTokens = 1...4096
    static let blockBytes = 1...(1 << 36)
    /// Blocks of a segment in a file.
    static let segmentBlocks = 1...256
    /// Entries of the directory that are looked at.
    static let directoryEntries = 1 << 20
}
