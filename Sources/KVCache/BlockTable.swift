/// The blocks of one sequence, in order: block `i` holds tokens `i * blockTokens ..< (i + 1) * blockTokens`.
///
/// - Append-only until `giveBack`, so that a kernel may keep a view of it for one step.
/// - Every block in it counts as one reference in the pool. Whoever drops a table gives it back first; the
///   pool's audit finds the one who forgot.
///
/// It is a plain struct and not a noncopyable one because sequences live in an array.
public struct BlockTable: Sendable {
    public let blockTokens: Int
    public private(set) var blocks: [BlockID] = []

    public init(blockTokens: Int) {
        precondition(blockTokens > 0, "a block holds at least one token")
        self.blockTokens = blockTokens
    }

    public var isEmpty: Bool { blocks.isEmpty }
    /// Tokens that the blocks have room for.
    public var capacityTokens: Int { blocks.count * blockTokens }

    /// Blocks that are missing before `tokenCount` tokens fit.
    public func missingBlocks(toCover tokenCount: Int) -> Int {
        max(0, Self.blockCount(covering: tokenCount, blockTokens: blockTokens) - blocks.count)
    }

    /// Takes as many blocks as `tokenCount` tokens need in all; takes none at all when the pool has too few.
    public mutating func cover(_ tokenCount: Int, from pool: inout BlockPool) throws(PoolError) {
        let missing = missingBlocks(toCover: tokenCount)
        guard missing <= pool.freeCount else { throw .exhausted(wanted: missing, free: pool.freeCount) }
        for _ in 0..<missing { blocks.append(try pool.lease()) }
    }

    /// Releases every block, the last one first, and is empty afterwards.
    public mutating func giveBack(to pool: inout BlockPool) {
        for block in blocks.reversed() { pool.release(block) }
        blocks.removeAll()
    }

    /// Whole blocks that `tokenCount` tokens take; correct for every count up to `Int.max`.
    public static func blockCount(covering tokenCount: Int, blockTokens: Int) -> Int {
        tokenCount <= 0 ? 0 : (tokenCount - 1) / blockTokens + 1
    }
}
