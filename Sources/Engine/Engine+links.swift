public import Contract
internal import KVCache

/// What an engine tells of the beginnings that it holds, and of what it has yet to compute.
extension Engine {
    /// What has happened to links of prompts since the last call, in order.
    public mutating func takeHoldingChanges() -> [HoldingChange] { pool.takeHoldingChanges() }

    /// Links of prompts whose tokens are all in memory.
    ///
    /// O(links): for an engine that ends, and for tests.
    public var heldLinks: Set<PrefixLink> { pool.heldLinks }

    /// Rows that prompts lack whose streams have opened.
    var promptRowsLeft: Int {
        batch.reduce(0) { $0 + ($1.isOpen && $1.remaining > 1 ? $1.remaining : 0) }
    }
}
