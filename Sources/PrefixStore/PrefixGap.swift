internal import Contract

/// Where what is on disk of a text ends: the segment to go on behind, and what is to come.
struct PrefixGap {
    let parent: SegmentID
    /// Tokens before it; a segment begins there.
    let start: Int
    /// Of whole blocks.
    let end: Int

    /// Nil where all of it is there.
    init?(in catalogue: Catalogue, _ tokens: [TokenID], root: SegmentID, _ identity: PrefixIdentity) {
        var parent = root
        var start = 0
        var covered = 0
        for piece in catalogue.match(tokens, root: root, blockTokens: identity.blockTokens) {
            covered = start + piece.blockCount * identity.blockTokens
            guard piece.blockCount == identity.segmentBlocks else { break }
            parent = piece.key.id
            start = covered
        }
        let end = tokens.count / identity.blockTokens * identity.blockTokens
        guard covered < end else { return nil }
        self.parent = parent
        self.start = start
        self.end = end
    }
}
