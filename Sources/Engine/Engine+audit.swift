internal import KVCache

extension Engine {
    /// What is wrong with the engine's books; empty when they balance.
    ///
    /// O(running + waiting + blocks): for tests, and for times without work.
    public func audit() -> [String] {
        var violations = pool.audit() + inbox.audit()
        var owners: [BlockID: Int] = [:]
        for index in batch.indices {
            violations += audit(batch[index])
            for block in batch[index].table.blocks {
                if let other = owners.updateValue(index, forKey: block) {
                    violations.append("block \(block.rawValue) belongs to sequences \(other) and \(index)")
                }
                if pool.referenceCount(of: block) != 1 {
                    violations.append(
                        "block \(block.rawValue) has \(pool.referenceCount(of: block)) references"
                    )
                }
            }
        }
        if owners.count != pool.leasedCount {
            violations.append("\(pool.leasedCount) blocks are leased and \(owners.count) are owned")
        }
        for (left, right) in zip(batch, batch.dropFirst()) where !left.precedes(right) {
            violations.append("job \(right.job) runs out of order")
        }
        if batch.count > max(1, limits.sequences) {
            violations.append("\(batch.count) sequences run, the limit is \(limits.sequences)")
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
        if sequence.known >= sequence.limit {
            violations.append(
                "job \(sequence.job) has \(sequence.known) tokens, the limit is \(sequence.limit)"
            )
        }
        return violations
    }
}
