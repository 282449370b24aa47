/// What the bytes of a block depend on besides its tokens.
///
/// Blocks are only ever given to whoever has the very same identity.
public struct PrefixIdentity: Hashable, Sendable {
    /// Of all that names the model's weights and how they are computed.
    let digest: SegmentID
    public let blockTokens: Int
    /// Memory of one block, for all layers.
    public let blockBytes: Int

    /// `description` says everything that names the model's weights and how they are computed: two that say
    /// the same compute the same bits.
    ///
    /// Nil for blocks that are larger or smaller than any model's, and where OpenSSL has no BLAKE2.
    public init?(_ description: [UInt8], blockTokens: Int, blockBytes: Int) {
        guard PrefixLimits.blockTokens.contains(blockTokens), PrefixLimits.blockBytes.contains(blockBytes),
            let digest = SegmentID(
                ofModel: description,
                blockTokens: blockTokens,
                blockBytes: blockBytes
            )
        else { return nil }
        self.digest = digest
        self.blockTokens = blockTokens
        self.blockBytes = blockBytes
    }

    /// Blocks in a whole segment.
    var segmentBlocks: Int { max(1, PrefixLimits.segmentTokens / blockTokens) }
    var segmentTokens: Int { segmentBlocks * blockTokens }
}
