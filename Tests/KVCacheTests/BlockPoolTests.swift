import KVCache
import TestSupport
import Testing

@Suite struct `A block pool` {
    @Test(arguments: [0, 1, 3, 256]) func `lends each block out once`(count: Int) throws {
        var pool = BlockPool(count: count, blockTokens: 4)
        var lent: Set<BlockID> = []
        for _ in 0..<count { lent.insert(try pool.lease()) }
        #expect(lent == Set((0..<count).map { BlockID(rawValue: UInt32($0)) }))
        let free = pool.freeCount
        let violations = pool.audit()
        #expect(free == 0)
        #expect(violations.isEmpty)
    }

    @Test func `says what was wanted when it is exhausted, and stays whole`() throws {
        var pool = BlockPool(count: 1, blockTokens: 4)
        _ = try pool.lease()
        do {
            _ = try pool.lease()
            Issue.record("a block was lent that does not exist")
        } catch {
            #expect(error == .exhausted(wanted: 1, free: 0))
        }
        let violations = pool.audit()
        #expect(violations.isEmpty)
    }

    @Test func `takes a shared block back from its last reader only`() throws {
        var pool = BlockPool(count: 2, blockTokens: 4)
        let block = try pool.lease()
        pool.retain(block)
        pool.release(block)
        let afterFirst = pool.usedCount
        pool.release(block)
        let afterLast = pool.usedCount
        #expect(afterFirst == 1)
        #expect(afterLast == 0)
    }

    @Test func `lends the block that was freed last first`() throws {
        var pool = BlockPool(count: 8, blockTokens: 4)
        _ = try pool.lease()
        let warm = try pool.lease()
        _ = try pool.lease()
        pool.release(warm)
        let next = try pool.lease()
        #expect(next == warm)
    }

    /// The independent model is a count of references per block; which block is lent is the pool's own
    /// affair.
    @Test func `agrees with a plain count of references in any history`() throws {
        for seed in 0..<3000 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            let count = Int.random(in: 0...12, using: &random)
            var pool = BlockPool(count: count, blockTokens: 4)
            var references: [BlockID: Int] = [:]
            for _ in 0..<40 {
                let known = references.keys.sorted { $0.rawValue < $1.rawValue }
                switch (Int.random(in: 0..<3, using: &random), known.randomElement(using: &random)) {
                case (1, let block?):
                    pool.retain(block)
                    references[block, default: 0] += 1
                case (2, let block?):
                    pool.release(block)
                    references[block] = references[block] == 1 ? nil : references[block, default: 0] - 1
                default:
                    let block = try? pool.lease()
                    try #require((block == nil) == (references.count == count), "seed \(seed)")
                    guard let block else { continue }
                    try #require(references.updateValue(1, forKey: block) == nil, "seed \(seed)")
                }
                let violations = pool.audit()
                try #require(violations.isEmpty, "seed \(seed)")
                try #require(pool.freeCount == count - references.count, "seed \(seed)")
                for (block, expected) in references {
                    try #require(pool.referenceCount(of: block) == expected, "seed \(seed)")
                }
            }
        }
    }
}
