internal import Contract

/// Knows which block holds the keys and values of which stretch of which text: a tree whose nodes are blocks.
///
/// - A node is its parent and its tokens. A hash leads to it, the tokens themselves decide.
/// - A full node has `blockTokens` tokens and may have children; no two full nodes are alike.
/// - A partial node has fewer, at least one, and no children. It grows in place until it is full.
/// - Roots are nodes without a block, numbered behind the blocks; one exists while it has children.
///
/// Finding, adding and removing a node is O(blockTokens). Partial matches look at `siblingsCompared` nodes
/// at most, those that were added last.
struct PrefixIndex {
    enum Parent: Hashable {
        case root(PrefixRoot)
        case block(BlockID)
    }

    private struct Node {
        var tokenCount = 0
        var root = none
        var parent = none
        var firstChild = none
        var nextSibling = none
        var previousSibling = none
        /// Of full nodes alone.
        var bucket = none
        var nextInBucket = none
    }

    static let siblingsCompared = 64
    private static let none: Int32 = -1

    let blockTokens: Int
    private let blockCount: Int
    private var nodes: [Node]
    /// `[block, blockTokens]`.
    private var tokens: [TokenID]
    /// Heads of chains; a power of two of them.
    private var buckets: [Int32]
    private var roots: [PrefixRoot: Int32] = [:]
    private var rootKeys: [Int32: PrefixRoot] = [:]
    private var freeRoots: [Int32] = []

    /// An index of no blocks at all knows nothing and costs nothing.
    init(blockCount: Int, blockTokens: Int) {
        self.blockTokens = blockTokens
        self.blockCount = blockCount
        nodes = Array(repeating: Node(), count: blockCount)
        tokens = Array(repeating: 0, count: blockCount * blockTokens)
        var bucketCount = 1
        while bucketCount < blockCount { bucketCount *= 2 }
        buckets = Array(repeating: Self.none, count: bucketCount)
    }

    func contains(_ block: BlockID) -> Bool {
        Int(block.rawValue) < blockCount && nodes[Int(block.rawValue)].tokenCount > 0
    }

    func tokenCount(of block: BlockID) -> Int { nodes[Int(block.rawValue)].tokenCount }

    /// Numbers the roots that have nodes, from 0; a number is given again when its root has lost them all.
    func rootNumber(of root: PrefixRoot) -> Int? { roots[root].map { Int($0) - blockCount } }
    func rootNumber(of block: BlockID) -> Int { Int(nodes[Int(block.rawValue)].root) - blockCount }

    /// The full node with exactly these tokens.
    func find(after parent: Parent, _ wanted: ArraySlice<TokenID>) -> BlockID? {
        guard let parent = number(of: parent) else { return nil }
        var node = buckets[bucket(of: parent, wanted)]
        while node != Self.none {
            if nodes[Int(node)].parent == parent, commonCount(node, wanted) == blockTokens {
                return BlockID(rawValue: UInt32(node))
            }
            node = nodes[Int(node)].nextInBucket
        }
        return nil
    }

    /// The node that has most tokens at its beginning in common with `wanted`, and how many.
    func longest(after parent: Parent, _ wanted: ArraySlice<TokenID>) -> (block: BlockID, count: Int)? {
        var best: (block: BlockID, count: Int)?
        guard let parent = number(of: parent) else { return nil }
        forEachChild(of: parent) { node in
            let count = commonCount(node, wanted)
            if count > best?.count ?? 0 { best = (BlockID(rawValue: UInt32(node)), count) }
            return count < wanted.count
        }
        return best
    }

    /// Whether a sibling begins with everything that this node has.
    func hasLongerSibling(_ block: BlockID) -> Bool {
        let own = ownTokens(Int32(block.rawValue))
        var isFound = false
        forEachChild(of: nodes[Int(block.rawValue)].parent) { node in
            isFound = node != Int32(block.rawValue) && commonCount(node, own) == own.count
            return !isFound
        }
        return isFound
    }

    /// The partial siblings that have nothing that this node does not begin with.
    func shorterSiblings(of block: BlockID) -> [BlockID] {
        let own = ownTokens(Int32(block.rawValue))
        var shorter: [BlockID] = []
        forEachChild(of: nodes[Int(block.rawValue)].parent) { node in
            let count = nodes[Int(node)].tokenCount
            if node != Int32(block.rawValue), count < blockTokens, commonCount(node, own) == count {
                shorter.append(BlockID(rawValue: UInt32(node)))
            }
            return true
        }
        return shorter
    }

    /// Adds a node, or tokens to a partial one: `stretch` is all that it has then.
    mutating func note(_ block: BlockID, after parent: Parent, _ stretch: ArraySlice<TokenID>) {
        let node = Int(block.rawValue)
        precondition(
            stretch.count > nodes[node].tokenCount && stretch.count <= blockTokens,
            "a node grows, and never beyond its block"
        )
        if nodes[node].tokenCount == 0 { attach(node, to: open(parent)) }
        let start = node * blockTokens
        let known = nodes[node].tokenCount
        for (place, token) in stretch.enumerated().dropFirst(known) { tokens[start + place] = token }
        nodes[node].tokenCount = stretch.count
        if stretch.count == blockTokens {
            let bucket = bucket(of: nodes[node].parent, stretch)
            nodes[node].bucket = Int32(bucket)
            nodes[node].nextInBucket = buckets[bucket]
            buckets[bucket] = Int32(node)
        }
    }

    /// Forgets a node that has no children.
    mutating func remove(_ block: BlockID) {
        let node = Int(block.rawValue)
        precondition(
            nodes[node].tokenCount > 0 && nodes[node].firstChild == Self.none,
            "only a leaf is removed"
        )
        unlinkFromBucket(node)
        detach(node)
        nodes[node] = Node()
    }

    // MARK: Tokens

    private func ownTokens(_ node: Int32) -> ArraySlice<TokenID> {
        let start = Int(node) * blockTokens
        return tokens[start..<start + nodes[Int(node)].tokenCount]
    }

    /// How many tokens a node and `wanted` begin with alike.
    private func commonCount(_ node: Int32, _ wanted: ArraySlice<TokenID>) -> Int {
        let start = Int(node) * blockTokens
        let limit = min(nodes[Int(node)].tokenCount, wanted.count)
        var count = 0
        while count < limit, tokens[start + count] == wanted[wanted.startIndex + count] { count += 1 }
        return count
    }

    /// Seeded anew in every process, so that nobody can choose texts that meet in one bucket.
    private func bucket(of parent: Int32, _ tokens: ArraySlice<TokenID>) -> Int {
        var hasher = Hasher()
        hasher.combine(parent)
        for token in tokens { hasher.combine(token) }
        return Int(truncatingIfNeeded: hasher.finalize()) & (buckets.count - 1)
    }

    // MARK: Links

    private func number(of parent: Parent) -> Int32? {
        switch parent {
        case .root(let root): roots[root]
        case .block(let block): Int32(block.rawValue)
        }
    }

    /// The parent's number; a root that is not there is made.
    private mutating func open(_ parent: Parent) -> Int32 {
        if let number = number(of: parent) { return number }
        guard case .root(let root) = parent else { preconditionFailure("every block has a number") }
        let number: Int32
        if let free = freeRoots.popLast() {
            number = free
        } else {
            number = Int32(nodes.count)
            nodes.append(Node())
        }
        roots[root] = number
        rootKeys[number] = root
        return number
    }

    private mutating func attach(_ node: Int, to parent: Int32) {
        let isRoot = Int(parent) >= blockCount
        precondition(isRoot || nodes[Int(parent)].tokenCount == blockTokens, "only full nodes have children")
        let sibling = nodes[Int(parent)].firstChild
        nodes[node].parent = parent
        nodes[node].root = isRoot ? parent : nodes[Int(parent)].root
        nodes[node].nextSibling = sibling
        if sibling != Self.none { nodes[Int(sibling)].previousSibling = Int32(node) }
        nodes[Int(parent)].firstChild = Int32(node)
    }

    private mutating func detach(_ node: Int) {
        let (parent, next, previous) = (
            nodes[node].parent, nodes[node].nextSibling, nodes[node].previousSibling
        )
        if next != Self.none { nodes[Int(next)].previousSibling = previous }
        if previous != Self.none {
            nodes[Int(previous)].nextSibling = next
        } else {
            nodes[Int(parent)].firstChild = next
        }
        if nodes[Int(parent)].firstChild == Self.none, let root = rootKeys.removeValue(forKey: parent) {
            roots[root] = nil
            freeRoots.append(parent)
        }
    }

    private mutating func unlinkFromBucket(_ node: Int) {
        let bucket = Int(nodes[node].bucket)
        guard bucket >= 0 else { return }
        let next = nodes[node].nextInBucket
        if buckets[bucket] == Int32(node) {
            buckets[bucket] = next
            return
        }
        var before = Int(buckets[bucket])
        while nodes[before].nextInBucket != Int32(node) { before = Int(nodes[before].nextInBucket) }
        nodes[before].nextInBucket = next
    }

    /// Until `visit` says false, or enough were seen.
    private func forEachChild(of parent: Int32, _ visit: (Int32) -> Bool) {
        var node = nodes[Int(parent)].firstChild
        var seenCount = 0
        while node != Self.none, seenCount < Self.siblingsCompared, visit(node) {
            node = nodes[Int(node)].nextSibling
            seenCount += 1
        }
    }
}

extension PrefixIndex {
    /// The node before this one; nil for the first of a text.
    func parent(of block: BlockID) -> BlockID? {
        let parent = nodes[Int(block.rawValue)].parent
        return parent == Self.none || Int(parent) >= blockCount ? nil : BlockID(rawValue: UInt32(parent))
    }

    /// Whether the block is known for these tokens in this place; without tokens, whether it is unknown.
    func holds(_ block: BlockID, after parent: Parent, _ stretch: ArraySlice<TokenID>) -> Bool {
        guard contains(block) else { return stretch.isEmpty }
        return nodes[Int(block.rawValue)].parent == number(of: parent)
            && ownTokens(Int32(block.rawValue)) == stretch
    }

    /// What is wrong with the tree; empty when it is one.
    ///
    /// O(blocks * blockTokens).
    func audit() -> [String] {
        var violations: [String] = []
        var linkedCount = 0
        for parent in nodes.indices {
            let isRoot = parent >= blockCount
            var previous = Self.none
            var node = nodes[parent].firstChild
            if isRoot, (node == Self.none) != (rootKeys[Int32(parent)] == nil) {
                violations.append("root \(parent - blockCount) is open without children, or closed with some")
            }
            while node != Self.none, linkedCount <= blockCount {
                if nodes[Int(node)].root != (isRoot ? Int32(parent) : nodes[parent].root) {
                    violations.append("block \(node) belongs to another root than its parent")
                }
                if nodes[Int(node)].parent != parent || nodes[Int(node)].previousSibling != previous {
                    violations.append("block \(node) is linked to the wrong family")
                }
                if !isRoot, nodes[parent].tokenCount < blockTokens {
                    let count = nodes[parent].tokenCount
                    violations.append("block \(parent) has children and only \(count) tokens")
                }
                linkedCount += 1
                previous = node
                node = nodes[Int(node)].nextSibling
            }
        }
        let nodeCount = nodes.prefix(blockCount).count { $0.tokenCount > 0 }
        if linkedCount != nodeCount {
            violations.append("\(nodeCount) blocks are in the tree and \(linkedCount) are linked")
        }
        if roots.count != rootKeys.count {
            violations.append("\(roots.count) roots have \(rootKeys.count) keys")
        }
        for node in 0..<blockCount where nodes[node].tokenCount == blockTokens {
            let parent = nodes[node].parent
            let key =
                Int(parent) < blockCount
                ? Parent.block(BlockID(rawValue: UInt32(parent))) : rootKeys[parent].map { .root($0) }
            let block = BlockID(rawValue: UInt32(node))
            if key.flatMap({ find(after: $0, ownTokens(Int32(node))) }) != block {
                violations.append("block \(node) cannot be found by its tokens")
            }
        }
        return violations
    }
}
