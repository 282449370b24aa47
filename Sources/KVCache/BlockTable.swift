public import Contract

/// The blocks of one sequence, in order: block `i` holds tokens `i * blockTokens ..< (i + 1) * blockTokens`.
///
///     tokens  0 ........................ indexedTokens ............ capacityTokens
///     blocks  | full, perhaps shared | ours, partly full | ours, nothing yet |
///
/// - The index knows the blocks of the first `indexedTokens` tokens. The full ones among them may have other
///   readers and are never written; all others are this table's alone.
/// - It changes between steps only, so that a kernel may keep a view of it for one step.
/// - Every block in it counts as one reference in the pool. Whoever drops a table gives it back first; the
///   pool's audit finds the one who forgot.
///
/// It is a plain struct and not a noncopyable one because sequences live in an array.
public struct BlockTable: Sendable {
    public let blockTokens: Int
    public private(set) var root: PrefixRoot
    public private(set) var blocks: [BlockID] = []
    /// Tokens that the index knows to be in the blocks.
    public private(set) var indexedTokens = 0

    public init(blockTokens: Int, root: PrefixRoot = PrefixRoot()) {
        precondition(blockTokens > 0, "a block holds at least one token")
        self.blockTokens = blockTokens
        self.root = root
    }

    public var isEmpty: Bool { blocks.isEmpty }
    /// Tokens that the blocks have room for.
    public var capacityTokens: Int { blocks.count * blockTokens }

    /// Blocks that are missing before `tokenCount` tokens fit.
    public func missingBlocks(toCover tokenCount: Int) -> Int {
        max(0, Self.blockCount(covering: tokenCount, blockTokens: blockTokens) - blocks.count)
    }

    /// Where the block begins that comes behind those that are known to be full.
    public var openTokens: Int { fullCount * blockTokens }

    /// Whether both texts are known to be the same up to `openTokens`.
    public func isLevel(with other: BlockTable) -> Bool {
        fullCount == other.fullCount && parent(of: fullCount) == other.parent(of: fullCount)
    }

    /// Shares from now on what was computed with another frequency set.
    public mutating func change(frequencySet: Int) {
        precondition(isEmpty, "what the blocks hold was computed with the set that they have")
        root.frequencySet = frequencySet
    }

    /// Shares every full block that the pool knows of the first `limit` tokens, instead of computing it.
    ///
    /// What it takes the place of, a block of ours that was partly full, is given back.
    public mutating func adopt(_ tokens: [TokenID], limit: Int, from pool: inout BlockPool) {
        var place = fullCount
        while true {
            let stretch = place * blockTokens..<(place + 1) * blockTokens
            guard stretch.upperBound <= limit,
                let block = pool.find(after: parent(of: place), tokens[stretch])
            else { return }
            pool.retain(block)
            if place < blocks.count {
                pool.discard(blocks[place])
                blocks[place] = block
            } else {
                blocks.append(block)
            }
            place += 1
            indexedTokens = stretch.upperBound
        }
    }

    /// Copies the beginning of the next block from one that begins with the same tokens, where that is more
    /// than we have.
    ///
    /// Exact, since keys and values depend on the tokens before them and on nothing else.
    public mutating func copyTail(
        _ tokens: [TokenID],
        limit: Int,
        from pool: inout BlockPool,
        copy: (BlockID, BlockID) -> Void
    ) {
        let place = fullCount
        let wanted = tokens[place * blockTokens..<min((place + 1) * blockTokens, max(limit, indexedTokens))]
        guard let match = pool.longest(after: parent(of: place), wanted),
            place * blockTokens + match.count > indexedTokens
        else { return }
        if place == blocks.count {
            // The lease must not take the block that is to be copied.
            pool.retain(match.block)
            defer { pool.release(match.block) }
            guard let block = try? pool.lease(for: root) else { return }
            blocks.append(block)
            copy(match.block, block)
        } else {
            copy(match.block, blocks[place])
        }
        pool.note(blocks[place], after: parent(of: place), wanted.prefix(match.count))
        indexedTokens = place * blockTokens + match.count
    }

    /// Tells the index that the first `computed` tokens are in the blocks.
    ///
    /// A block that another one equals is given back for that one: of what is known there is one copy.
    public mutating func index(_ tokens: [TokenID], upTo computed: Int, in pool: inout BlockPool) {
        guard pool.sharesPrefixes else { return }
        while indexedTokens < computed {
            let place = fullCount
            let stretch = tokens[place * blockTokens..<min((place + 1) * blockTokens, computed)]
            let twin = stretch.count == blockTokens ? pool.find(after: parent(of: place), stretch) : nil
            if let twin {
                pool.retain(twin)
                pool.discard(blocks[place])
                blocks[place] = twin
            } else {
                pool.note(blocks[place], after: parent(of: place), stretch)
            }
            indexedTokens = stretch.endIndex
        }
    }

    /// Takes as many blocks as `tokenCount` tokens need in all; takes none at all when the pool has too few.
    public mutating func cover(_ tokenCount: Int, from pool: inout BlockPool) throws(PoolError) {
        let missing = missingBlocks(toCover: tokenCount)
        guard missing <= pool.availableCount else {
            throw .exhausted(wanted: missing, free: pool.availableCount)
        }
        for _ in 0..<missing { blocks.append(try pool.lease(for: root)) }
    }

    /// Releases the blocks behind those that `tokenCount` tokens need, the last one first.
    ///
    /// What the index knows stays.
    public mutating func trim(toCover tokenCount: Int, in pool: inout BlockPool) {
        let kept = Self.blockCount(covering: max(tokenCount, indexedTokens), blockTokens: blockTokens)
        while blocks.count > kept { pool.release(blocks.removeLast()) }
    }

    /// Releases every block, the last one first, and is empty afterwards.
    public mutating func giveBack(to pool: inout BlockPool) {
        for block in blocks.reversed() { pool.release(block) }
        blocks.removeAll()
        indexedTokens = 0
    }

    /// Whole blocks that `tokenCount` tokens take; correct for every count up to `Int.max`.
    public static func blockCount(covering tokenCount: Int, blockTokens: Int) -> Int {
        tokenCount <= 0 ? 0 : (tokenCount - 1) / blockTokens + 1
    }

    /// Blocks that the index knows to be full.
    private var fullCount: Int { indexedTokens / blockTokens }

    private func parent(of place: Int) -> PrefixIndex.Parent {
        place == 0 ? .root(root) : .block(blocks[place - 1])
    }
}
