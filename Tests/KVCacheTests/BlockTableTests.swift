import KVCache
import TestSupport
import Testing

@Suite struct `A block table` {
    @Test(arguments: [
        (0, 16, 0), (1, 16, 1), (16, 16, 1), (17, 16, 2), (5, 1, 5), (Int.max, 1, Int.max),
        (Int.max, 16, Int.max / 16 + 1),
    ])
    func `needs a block for each part of one`(tokens: Int, blockTokens: Int, blocks: Int) {
        #expect(BlockTable.blockCount(covering: tokens, blockTokens: blockTokens) == blocks)
    }

    @Test func `grows by what is missing and keeps what it has`() throws {
        var pool = BlockPool(count: 4, blockTokens: 16)
        var table = BlockTable(blockTokens: 16)
        try table.cover(17, from: &pool)
        let first = table.blocks
        try table.cover(3, from: &pool)
        #expect(table.blocks == first)
        try table.cover(33, from: &pool)
        #expect(table.blocks.count == 3)
        #expect(Array(table.blocks.prefix(2)) == first)
        #expect(table.capacityTokens == 48)
    }

    @Test func `takes nothing when the pool has too little`() throws {
        var pool = BlockPool(count: 3, blockTokens: 4)
        var table = BlockTable(blockTokens: 4)
        try table.cover(4, from: &pool)
        #expect(throws: PoolError.exhausted(wanted: 3, free: 2)) { try table.cover(16, from: &pool) }
        #expect(table.blocks.count == 1)
        let free = pool.freeCount
        #expect(free == 2)
    }

    @Test func `gives every block back once`() throws {
        var pool = BlockPool(count: 5, blockTokens: 2)
        var table = BlockTable(blockTokens: 2)
        try table.cover(9, from: &pool)
        table.giveBack(to: &pool)
        table.giveBack(to: &pool)
        let free = pool.freeCount
        let violations = pool.audit()
        #expect(table.isEmpty)
        #expect(free == 5)
        #expect(violations.isEmpty)
    }

    @Test func `shares a pool with others without sharing a block`() throws {
        for seed in 0..<2000 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            let blockTokens = Int.random(in: 1...5, using: &random)
            var pool = BlockPool(count: Int.random(in: 1...20, using: &random), blockTokens: blockTokens)
            var tables = Array(repeating: BlockTable(blockTokens: blockTokens), count: 4)
            for _ in 0..<30 {
                let index = Int.random(in: 0..<tables.count, using: &random)
                if Bool.random(using: &random) {
                    try? tables[index].cover(Int.random(in: 0...40, using: &random), from: &pool)
                } else {
                    tables[index].giveBack(to: &pool)
                }
                let owned = tables.flatMap(\.blocks)
                try #require(Set(owned).count == owned.count, "seed \(seed)")
                try #require(pool.usedCount == owned.count, "seed \(seed)")
                let violations = pool.audit()
                try #require(violations.isEmpty, "seed \(seed)")
            }
        }
    }
}
