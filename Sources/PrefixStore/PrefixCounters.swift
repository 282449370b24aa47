/// What a store has done since it was opened, and what it holds.
public struct PrefixCounters: Hashable, Sendable {
    public var segments = 0
    /// Of all files together.
    public var diskBytes = 0
    public var fetchedPrefixes: UInt64 = 0
    public var fetchedTokens: UInt64 = 0
    public var fetchedBytes: UInt64 = 0
    public var storedSegments: UInt64 = 0
    public var storedBytes: UInt64 = 0
    /// Stored prefixes that were left alone because computing them is faster.
    public var skippedPrefixes: UInt64 = 0
    /// Prefixes that were not written, because too much was waiting or there was no room for them.
    public var refusedPrefixes: UInt64 = 0
    /// Segments that were damaged or gone when they were wanted.
    public var damagedSegments: UInt64 = 0
    /// Whether prefixes are written; false from a failure until one is written again.
    public var isWriting = true

    public init() {}
}
