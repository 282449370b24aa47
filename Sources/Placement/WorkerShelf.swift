internal import Contract

/// What the coordinator knows of one worker's models, and what it has told the worker to do.
struct WorkerShelf: Sendable {
    /// One model here.
    struct Entry: Sendable {
        var stock: ModelStock
        /// Since when what serves has been there, by the coordinator's clock.
        var since: Instant
        /// Whether an order was sent that the worker has not answered.
        var isOrdered = false
    }

    var budgetBytes: UInt64
    var entries: [String: Entry] = [:]
    /// Whether orders reach it.
    var isReachable = true
    /// The model that room is being made for: no other one is loaded here before it.
    var claim: String?

    init(_ pool: WorkerPool, at now: Instant) {
        budgetBytes = pool.budgetBytes
        for stock in pool.stock { hear(stock, at: now) }
    }

    mutating func hear(_ stock: ModelStock, at now: Instant) {
        let since = now + .milliseconds(-Int64(stock.residentMilliseconds))
        entries[stock.name] = Entry(stock: stock, since: since)
        if claim == stock.name, stock.state.loads || stock.state.serves { claim = nil }
    }

    /// Memory that no model takes.
    var freeBytes: UInt64 { budgetBytes - min(budgetBytes, sum { $0.bytes }) }

    /// The same once all that drains has drained.
    var soonFreeBytes: UInt64 {
        let leaving = sum { $0.state == .draining ? $0.bytes : 0 }
        return min(budgetBytes, freeBytes.saturatingSum(leaving))
    }

    /// Memory that can be made free for others at best.
    var yieldingBytes: UInt64 {
        budgetBytes - min(budgetBytes, sum { $0.wish.isPinned && $0.state.serves ? $0.bytes : 0 })
    }

    /// Whether a load is under way or ordered: one at a time.
    var isLoading: Bool { entries.values.contains { $0.stock.state.loads || $0.isOrdered } }

    private func sum(_ bytes: (ModelStock) -> UInt64) -> UInt64 {
        entries.values.reduce(0) { $0.saturatingSum(bytes($1.stock)) }
    }
}

extension UInt64 {
    func saturatingSum(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}

extension ModelStock {
    /// What loading it takes, in seconds.
    var loadSeconds: Double { Double(loadMilliseconds) / 1000 }
}
