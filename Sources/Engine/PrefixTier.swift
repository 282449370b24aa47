public import Contract
public import KVCache

/// A further place for what was computed: larger than the engine's memory, slower, and made to outlast it.
///
/// The engine's thread calls it, between two steps, and every call returns at once. What takes time goes on
/// elsewhere meanwhile and is told as an event; the engine lets nobody else write the blocks until then.
///
/// What it gives back is what it was given for the same tokens under the same root, bit for bit, or nothing.
public protocol PrefixTier: AnyObject {
    /// How many whole blocks of the beginning of `tokens` it has.
    ///
    /// Nil where computing those from `firstBlock` on is faster than fetching them.
    func blockCount(of tokens: [TokenID], root: PrefixRoot, beyond firstBlock: Int) -> Int?

    /// Fills `blocks` with the keys and values of `tokens` from `firstBlock` on; ends in `.fetched`.
    func fetch(_ transfer: PrefixTransferID, _ request: PrefixTransferRequest)

    /// From which block on it lacks the keys and values of `tokens`; nil where it wants none of them.
    func firstMissingBlock(of tokens: [TokenID], root: PrefixRoot) -> Int?

    /// Takes over what `blocks` hold; ends in `.stored`, unless it says no at once.
    func store(_ transfer: PrefixTransferID, _ request: PrefixTransferRequest) -> Bool

    /// What has ended since the last call.
    func takeEvents() -> [PrefixTierEvent]

    var hasEvents: Bool { get }

    /// What a step has cost, for comparing with.
    func noteComputed(promptTokens: Int, in time: Duration)
}

/// Names what is under way between an engine and its tier.
public struct PrefixTransferID: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// Which blocks of which text are to be moved.
public struct PrefixTransferRequest: Sendable {
    /// Of whole blocks; they end where `blocks` end.
    public var tokens: [TokenID]
    public var root: PrefixRoot
    public var firstBlock: Int
    /// Those of the text from `firstBlock` on.
    public var blocks: [BlockID]
}

/// What became of a transfer; each ends once.
public enum PrefixTierEvent: Hashable, Sendable {
    /// So many blocks are right, counted from the first; the others hold anything at all.
    case fetched(PrefixTransferID, blockCount: Int)
    /// Written or not, the blocks are no longer looked at.
    case stored(PrefixTransferID)
}
