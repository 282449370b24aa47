internal import Contract

/// A beginning of a text whose blocks are on disk.
public struct StoredPrefix: Sendable {
    let pieces: [StoredPiece]
    let blockTokens: Int

    public var blockCount: Int { pieces.reduce(0) { $0 + $1.blockCount } }
    public var tokenCount: Int { blockCount * blockTokens }
}

/// The blocks of one segment that a text begins with.
struct StoredPiece: Hashable, Sendable {
    let key: SegmentKey
    let blockCount: Int

    func isWhole(_ blockTokens: Int) -> Bool { blockCount * blockTokens == key.tokens.count }
}
