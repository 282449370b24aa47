/// What the bytes of a block depend on besides its tokens.
///
/// Blocks are only ever given to whoever has the very same identity.
public struct PrefixIdentity: Hashable, Sendable {
    /// Everything that names the model's weights and how they are computed: two that say the same compute the
    /// same bits.
    public let description: String
    public let blockTokens: Int
    /// Memory of one block, for all layers.
    public let blockBytes: Int

    /// Nil for blocks that are larger or smaller than any model's.
    public init?(_ description: String, blockTokens: Int, blockBytes: Int) {
        guard PrefixLimits.blockTokens.contains(blockTokens), PrefixLimits.blockBytes.contains(blockBytes)
        else { return nil }
        self.description = description
        self.blockTokens = blockTokens
        self.blockBytes = blockBytes
    }

    /// Blocks in a whole segment.
    var segmentBlocks: Int { max(1, PrefixLimits.segmentTokens / blockTokens) }
    var segmentTokens: Int { segmentBlocks * blockTokens }
}
