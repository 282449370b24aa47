public import Contract

/// Why the pool lends nothing.
public enum PoolError: Error, Hashable, Sendable {
    case exhausted(wanted: Int, free: Int)
}

/// The KV memory of one model, lent out block by block, which remembers what was computed into it.
///
/// - A block is free, used or cached: `free + used + cached == count`, always. A used block has at least one
///   reference; sequences that begin alike refer to the same blocks. A cached block has none, but the prefix
///   index knows what it holds.
/// - A block whose last reference is released is cached if the index knows it, and free otherwise.
/// - When nothing is free, the cached block that was released first is lent, and forgotten by the index.
/// - Whoever refers to a block refers to its parents in the index too, and releases the child first. So the
///   block that was released first never has children: eviction takes leaves, and never searches for one.
/// - Lending and taking back are O(1) each, sharing O(blockTokens); none of it allocates.
/// - A tenant that fills half of the pool with what it does not use loses that first when it wants more:
///   nobody's prefixes are driven out by the mass of another one's.
///
/// The block that was freed last is lent first: its memory is the most likely to be in a cache still.
public struct BlockPool: ~Copyable {
    /// Blocks in all.
    public let count: Int
    /// Whether blocks are remembered and shared.
    public let sharesPrefixes: Bool
    /// Cached blocks that were taken for something else.
    public private(set) var evictionCount: UInt64 = 0
    /// How many hold each block; 0 is free or cached.
    private var references: [UInt32]
    /// The free ones, as a stack.
    private var free: [BlockID]
    /// One list of all that is cached, and one for each root.
    private var cached: RecencyLists
    private var cachedOfRoot: RecencyLists
    private var index: PrefixIndex
    private var links: BlockLinks

    public init(count: Int, blockTokens: Int, sharesPrefixes: Bool = true) {
        precondition(
            count >= 0 && count < Int(Int32.max),
            "a pool holds as many blocks as its lists can number"
        )
        self.count = count
        self.sharesPrefixes = sharesPrefixes
        references = Array(repeating: 0, count: count)
        free = (0..<count).reversed().map { BlockID(rawValue: UInt32($0)) }
        cached = RecencyLists(capacity: sharesPrefixes ? count : 0)
        cachedOfRoot = cached
        index = PrefixIndex(blockCount: sharesPrefixes ? count : 0, blockTokens: blockTokens)
        links = BlockLinks(blockCount: sharesPrefixes ? count : 0)
    }

    public var freeCount: Int { free.count }
    public var cachedCount: Int { cached.count(of: 0) }
    public var usedCount: Int { count - availableCount }
    /// What can be lent.
    public var availableCount: Int { free.count + cachedCount }

    /// Lends one block, with one reference, for a text of `root`.
    public mutating func lease(for root: PrefixRoot = PrefixRoot()) throws(PoolError) -> BlockID {
        if free.isEmpty { evict(for: root) }
        guard let block = free.popLast() else { throw .exhausted(wanted: 1, free: 0) }
        references[Int(block.rawValue)] = 1
        return block
    }

    /// One more reader of a used or cached block.
    public mutating func retain(_ block: BlockID) {
        let number = Int(block.rawValue)
        if references[number] == 0 {
            precondition(isCached(block), "only a used or cached block can be shared")
            removeFromCached(block)
        }
        references[number] += 1
    }

    /// One reader less; with the last one the block is cached or free.
    public mutating func release(_ block: BlockID) {
        let number = Int(block.rawValue)
        precondition(references[number] > 0, "a block is given back once for each time it was taken")
        references[number] -= 1
        guard references[number] == 0 else { return }
        guard index.contains(block) else { return free.append(block) }
        let isPartial = index.tokenCount(of: block) < index.blockTokens
        if isPartial, index.hasLongerSibling(block) { return forget(block) }
        cached.append(number, to: 0)
        cachedOfRoot.append(number, to: index.rootNumber(of: block))
        if isPartial { forgetShorterSiblings(of: block) }
    }

    public func referenceCount(of block: BlockID) -> Int { Int(references[Int(block.rawValue)]) }
    public func isCached(_ block: BlockID) -> Bool { cached.contains(Int(block.rawValue)) }

    private mutating func evict(for root: PrefixRoot) {
        guard var oldest = cached.oldest(of: 0) else { return }
        if let number = index.rootNumber(of: root), cachedOfRoot.count(of: number) >= max(1, count / 2) {
            oldest = cachedOfRoot.oldest(of: number) ?? oldest
        }
        let block = BlockID(rawValue: UInt32(oldest))
        removeFromCached(block)
        forget(block)
        evictionCount += 1
    }

    private mutating func removeFromCached(_ block: BlockID) {
        cached.remove(Int(block.rawValue), from: 0)
        cachedOfRoot.remove(Int(block.rawValue), from: index.rootNumber(of: block))
    }

    /// Frees a block that nobody refers to, and that is in no list.
    private mutating func forget(_ block: BlockID) {
        links.detachAll(from: block)
        index.remove(block)
        free.append(block)
    }

    /// What a node says by itself makes beginnings of it superfluous.
    private mutating func forgetShorterSiblings(of block: BlockID) {
        for shorter in index.shorterSiblings(of: block) where isCached(shorter) {
            removeFromCached(shorter)
            forget(shorter)
        }
    }
}

// Links of prompts.
extension BlockPool {
    /// Hangs a link at the block that holds the last of its tokens; one that is not known to be full holds
    /// nothing that could be relied on.
    public mutating func attach(_ link: PrefixLink, tokens: Int, to block: BlockID) {
        guard sharesPrefixes, index.contains(block), index.tokenCount(of: block) == index.blockTokens else {
            return
        }
        links.attach(link, tokens: tokens, to: block)
    }

    /// What has happened to links since the last call, in order.
    public mutating func takeHoldingChanges() -> [HoldingChange] { links.takeChanges() }

    /// Links whose tokens are all here.
    public var heldLinks: Set<PrefixLink> { Set(links.all.keys) }
}

// What block tables do with the index.
extension BlockPool {
    func find(after parent: PrefixIndex.Parent, _ tokens: ArraySlice<TokenID>) -> BlockID? {
        sharesPrefixes ? index.find(after: parent, tokens) : nil
    }

    func longest(
        after parent: PrefixIndex.Parent,
        _ tokens: ArraySlice<TokenID>
    ) -> (block: BlockID, count: Int)? {
        sharesPrefixes ? index.longest(after: parent, tokens) : nil
    }

    /// The index learns what a used block holds.
    ///
    /// Its parent is used by the same table, and no full block has the same parent and tokens.
    mutating func note(_ block: BlockID, after parent: PrefixIndex.Parent, _ tokens: ArraySlice<TokenID>) {
        precondition(references[Int(block.rawValue)] == 1, "a block that is shared does not change")
        index.note(block, after: parent, tokens)
        if tokens.count == index.blockTokens { forgetShorterSiblings(of: block) }
    }

    /// Gives back a block of one reader whose content is held by another block as well.
    mutating func discard(_ block: BlockID) {
        let number = Int(block.rawValue)
        precondition(references[number] == 1, "a block with other readers is not superfluous")
        references[number] = 0
        if index.contains(block) { forget(block) } else { free.append(block) }
    }
}

extension BlockPool {
    /// What is wrong with the books; empty when they balance.
    ///
    /// O(count * blockTokens).
    public func audit() -> [String] {
        var violations = index.audit()
        for (link, block) in links.all where !index.contains(block) {
            violations.append("link \(link) hangs at block \(block.rawValue), which holds nothing")
        }
        var isListed = Array(repeating: false, count: count)
        for block in free {
            let number = Int(block.rawValue)
            if isListed[number] { violations.append("block \(number) is free twice") }
            if references[number] != 0 {
                violations.append("block \(number) is free with \(references[number]) references")
            }
            if index.contains(block) { violations.append("block \(number) is free and indexed") }
            isListed[number] = true
        }
        violations += auditCached(&isListed)
        for number in 0..<count where !isListed[number] && references[number] == 0 {
            violations.append("block \(number) is neither free nor used nor cached")
        }
        let used = references.count { $0 > 0 }
        if free.count + used + cachedCount != count {
            violations.append(
                "\(free.count) free, \(used) used and \(cachedCount) cached blocks do not make \(count)"
            )
        }
        return violations
    }

    /// What is wrong with a table for a text: the index knows its beginning, and nobody else what is behind.
    public func audit(_ table: BlockTable, _ tokens: [TokenID]) -> [String] {
        var violations: [String] = []
        for (place, block) in table.blocks.enumerated() {
            let start = min(place * table.blockTokens, table.indexedTokens)
            let stretch = tokens[start..<min(start + table.blockTokens, table.indexedTokens)]
            let parent = place == 0 ? PrefixIndex.Parent.root(table.root) : .block(table.blocks[place - 1])
            if !index.holds(block, after: parent, stretch) {
                violations.append("block \(block.rawValue) is not known as number \(place) of its text")
            }
            if stretch.count < table.blockTokens, referenceCount(of: block) != 1 {
                violations.append("block \(block.rawValue) is shared and will be written")
            }
        }
        return violations
    }

    /// Follows the order of eviction: whatever comes to its turn has lost its children before.
    private func auditCached(_ isListed: inout [Bool]) -> [String] {
        var violations: [String] = []
        var isDue = Array(repeating: false, count: count)
        for number in cached.numbers(of: 0) {
            let block = BlockID(rawValue: UInt32(number))
            if isListed[number] { violations.append("block \(number) is free and cached") }
            if references[number] != 0 || !index.contains(block) {
                violations.append("block \(number) is cached, and used or unknown")
            } else if !cachedOfRoot.contains(number) {
                violations.append("block \(number) is not cached for its root")
            }
            if let parent = index.parent(of: block), isDue[Int(parent.rawValue)] {
                violations.append("block \(parent.rawValue) would be evicted before its child \(number)")
            }
            isListed[number] = true
            isDue[number] = true
        }
        for number in 0..<count where references[number] > 0 {
            let block = BlockID(rawValue: UInt32(number))
            guard index.contains(block), let parent = index.parent(of: block) else { continue }
            if references[Int(parent.rawValue)] < references[number] {
                violations.append("block \(number) has more readers than its parent \(parent.rawValue)")
            }
        }
        return violations
    }
}
