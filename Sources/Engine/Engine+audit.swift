internal import KVCache

extension Engine {
    /// What is wrong with the engine's books; empty when they balance.
    ///
    /// O(running + waiting + blocks): for tests, and for times without work.
    public func audit() -> [String] {
        var violations = pool.audit() + inbox.audit() + speculator.audit()
        var readerCounts: [BlockID: Int] = [:]
        for index in batch.indices {
            violations += audit(batch[index])
            for block in batch[index].table.blocks { readerCounts[block, default: 0] += 1 }
        }
        for transfer in Array(traffic.fetches.values) + Array(traffic.stores.values) {
            for block in transfer.table.blocks { readerCounts[block, default: 0] += 1 }
            violations += pool.audit(transfer.table, transfer.request.tokens).map { "transfer: \($0)" }
        }
        for (block, readerCount) in readerCounts where pool.referenceCount(of: block) != readerCount {
            violations.append(
                "block \(block.rawValue) has \(pool.referenceCount(of: block)) references"
                    + " and \(readerCount) sequences"
            )
        }
        if readerCounts.count != pool.usedCount {
            violations.append("\(pool.usedCount) blocks are used, by sequences \(readerCounts.count)")
        }
        for (left, right) in zip(batch, batch.dropFirst()) where !left.precedes(right) {
            violations.append("job \(right.job) runs out of order")
        }
        if activeCount > max(1, limits.sequences) {
            violations.append("\(activeCount) sequences run, the limit is \(limits.sequences)")
        }
        return violations
    }

    private func audit(_ sequence: LiveSequence) -> [String] {
        var violations: [String] = []
        if sequence.computed >= sequence.known {
            violations.append(
                "job \(sequence.job) has \(sequence.computed) of \(sequence.known) tokens computed"
            )
        }
        if sequence.computed > sequence.table.capacityTokens {
            violations.append(
                "job \(sequence.job) has \(sequence.computed) tokens"
                    + " in room for \(sequence.table.capacityTokens)"
            )
        }
        violations += pool.audit(sequence.table, sequence.tokens).map { "job \(sequence.job): \($0)" }
        if pool.sharesPrefixes, sequence.table.indexedTokens != sequence.computed {
            violations.append(
                "job \(sequence.job) has \(sequence.computed) tokens computed,"
                    + " and \(sequence.table.indexedTokens) are known"
            )
        }
        if sequence.known >= sequence.limit, !sequence.isScoring {
            violations.append(
                "job \(sequence.job) has \(sequence.known) tokens, the limit is \(sequence.limit)"
            )
        }
        return violations
    }
}
