import Contract
import KVCache
import TestSupport
import Testing

@Suite struct `Shared blocks` {
    /// One sequence, computed by hand.
    private struct Text {
        var tokens: [TokenID]
        var table: BlockTable

        /// What a slot of memory must hold: everything that its keys and values depend on.
        func content(of position: Int) -> [TokenID] {
            [TokenID(table.root.frequencySet)] + tokens[...position]
        }
    }

    /// What each slot was computed from: `[block, token of block]`.
    private typealias Memory = [[[TokenID]]]

    private static func adopt(_ text: inout Text, _ pool: inout BlockPool, _ memory: inout Memory) {
        let limit = text.tokens.count - 1
        text.table.adopt(text.tokens, limit: limit, from: &pool)
        text.table.copyTail(text.tokens, limit: limit, from: &pool) {
            memory[Int($1.rawValue)] = memory[Int($0.rawValue)]
        }
    }

    private static func compute(
        _ text: inout Text,
        upTo computed: Int,
        _ pool: inout BlockPool,
        _ memory: inout Memory
    ) throws {
        try text.table.cover(computed, from: &pool)
        let size = text.table.blockTokens
        for position in min(text.table.indexedTokens, computed)..<computed {
            let block = text.table.blocks[position / size]
            let references = pool.referenceCount(of: block)
            try #require(references == 1, "a shared block is written")
            memory[Int(block.rawValue)][position % size] = text.content(of: position)
        }
        text.table.index(text.tokens, upTo: computed, in: &pool)
    }

    private static func check(
        _ texts: [Text],
        _ pool: borrowing BlockPool,
        _ memory: Memory,
        _ label: String
    ) throws {
        var violations = pool.audit()
        for text in texts {
            violations += pool.audit(text.table, text.tokens)
            for position in 0..<text.table.indexedTokens {
                let block = text.table.blocks[position / text.table.blockTokens]
                let slot = memory[Int(block.rawValue)][position % text.table.blockTokens]
                try #require(slot == text.content(of: position), "\(label): position \(position)")
            }
        }
        try #require(violations.isEmpty, "\(label)")
        let used = Set(texts.flatMap(\.table.blocks)).count
        try #require(pool.usedCount == used, "\(label)")
    }

    /// Texts over two tokens begin alike all the time.
    @Test(arguments: [1, 2, 3, 8]) func `hold what their text computed, in any history`(size: Int) throws {
        for seed in 0..<40 as Range<UInt64> {
            var random = SplitMix64(seed: seed &+ UInt64(size) << 32)
            let count = Int.random(in: 2...24, using: &random)
            var pool = BlockPool(count: count, blockTokens: size)
            var memory = Memory(repeating: Array(repeating: [], count: size), count: count)
            var texts: [Text] = []
            for step in 0..<60 {
                if texts.count < 4 {
                    let length = Int.random(in: 1...(size * 6), using: &random)
                    let tokens = (0..<length).map { _ in TokenID.random(in: 0...1, using: &random) }
                    let root = PrefixRoot(frequencySet: Int.random(in: 0...1, using: &random))
                    texts.append(Text(tokens: tokens, table: BlockTable(blockTokens: size, root: root)))
                }
                let index = Int.random(in: 0..<texts.count, using: &random)
                switch Int.random(in: 0...4, using: &random) {
                case 0:
                    texts[index].table.giveBack(to: &pool)
                    texts.remove(at: index)
                case 1, 2: Self.adopt(&texts[index], &pool, &memory)
                default:
                    let computed = Int.random(in: 0...texts[index].tokens.count, using: &random)
                    let missing = texts[index].table.missingBlocks(toCover: computed)
                    guard missing <= pool.availableCount else { continue }
                    try Self.compute(&texts[index], upTo: computed, &pool, &memory)
                }
                try Self.check(texts, pool, memory, "seed \(seed), step \(step)")
            }
        }
    }

    /// The independent model is the set of all beginnings that were ever computed.
    @Test(arguments: [1, 2, 5]) func `are found as far as anybody computed them`(size: Int) throws {
        for seed in 0..<20 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            var pool = BlockPool(count: 400, blockTokens: size)
            var memory = Memory(repeating: Array(repeating: [], count: size), count: 400)
            var known: Set<[TokenID]> = []
            for step in 0..<30 {
                let length = Int.random(in: 1...(size * 5), using: &random)
                let tokens = (0..<length).map { _ in TokenID.random(in: 0...1, using: &random) }
                var text = Text(tokens: tokens, table: BlockTable(blockTokens: size))
                Self.adopt(&text, &pool, &memory)
                let best = (1..<max(1, length)).last { known.contains(Array(tokens[..<$0])) }
                try #require(text.table.indexedTokens == best ?? 0, "seed \(seed), step \(step)")
                let computed = Int.random(in: 0...length, using: &random)
                try Self.compute(&text, upTo: max(computed, text.table.indexedTokens), &pool, &memory)
                for end in 0..<text.table.indexedTokens { known.insert(Array(tokens[...end])) }
                text.table.giveBack(to: &pool)
                try Self.check([], pool, memory, "seed \(seed), step \(step)")
            }
            let evictions = pool.evictionCount
            #expect(evictions == 0)
        }
    }

    @Test func `of another scope or frequency set are not found`() throws {
        var pool = BlockPool(count: 20, blockTokens: 4)
        var memory = Memory(repeating: Array(repeating: [], count: 4), count: 20)
        let tokens = (0..<10).map { TokenID($0) }
        func text(_ scope: String, _ set: Int) -> Text {
            let root = PrefixRoot(scope: scope, frequencySet: set)
            return Text(tokens: tokens, table: BlockTable(blockTokens: 4, root: root))
        }
        var first = text("ours", 0)
        try Self.compute(&first, upTo: 10, &pool, &memory)
        first.table.giveBack(to: &pool)
        for (scope, set, expected) in [("theirs", 0, 0), ("ours", 1, 0), ("ours", 0, 9)] {
            var other = text(scope, set)
            Self.adopt(&other, &pool, &memory)
            #expect(other.table.indexedTokens == expected)
            other.table.giveBack(to: &pool)
        }
    }

    @Test func `are forgotten in the order of their last use, the end of a text first`() throws {
        var pool = BlockPool(count: 6, blockTokens: 2)
        var memory = Memory(repeating: Array(repeating: [], count: 2), count: 6)
        func text(_ tokens: [TokenID]) -> Text {
            Text(tokens: tokens, table: BlockTable(blockTokens: 2))
        }
        for tokens in [[1, 1, 2, 2, 3, 3], [7, 7, 8, 8]] as [[TokenID]] {
            var first = text(tokens)
            try Self.compute(&first, upTo: tokens.count, &pool, &memory)
            first.table.giveBack(to: &pool)
        }
        // Six blocks, five of them cached: this takes the free one and two of the text that was used first.
        var other = text([9, 9, 9, 9, 9, 9])
        try Self.compute(&other, upTo: 6, &pool, &memory)
        let evictions = pool.evictionCount
        #expect(evictions == 2)
        var again = text([1, 1, 2, 2, 3, 3, 4])
        again.table.adopt(again.tokens, limit: 6, from: &pool)
        #expect(again.table.indexedTokens == 2)
        again = text([7, 7, 8, 8, 9])
        again.table.adopt(again.tokens, limit: 4, from: &pool)
        #expect(again.table.indexedTokens == 4)
    }

    @Test func `of one tenant are not driven out by the mass of another one's`() throws {
        var pool = BlockPool(count: 12, blockTokens: 2)
        var memory = Memory(repeating: Array(repeating: [], count: 2), count: 12)
        func use(_ scope: String, _ tokens: [TokenID]) throws -> Int {
            var text = Text(
                tokens: tokens,
                table: BlockTable(blockTokens: 2, root: PrefixRoot(scope: scope))
            )
            Self.adopt(&text, &pool, &memory)
            let found = text.table.indexedTokens
            try Self.compute(&text, upTo: tokens.count, &pool, &memory)
            text.table.giveBack(to: &pool)
            try Self.check([], pool, memory, scope)
            return found
        }
        _ = try use("quiet", [1, 2, 3, 4, 5, 6])
        for number in 0..<20 as Range<TokenID> { _ = try use("loud", [number, 1, number, 2]) }
        #expect(try use("quiet", [1, 2, 3, 4, 5, 6]) == 5)
        // With no one else there, the whole pool is its own.
        for number in 0..<20 as Range<TokenID> { _ = try use("quiet", [number, 7, number, 8]) }
        let cached = pool.cachedCount
        #expect(cached == 12)
    }

    @Test func `are one copy when two computed the same at once`() throws {
        var pool = BlockPool(count: 20, blockTokens: 4)
        var memory = Memory(repeating: Array(repeating: [], count: 4), count: 20)
        let tokens = (0..<11).map { TokenID($0) }
        var texts = [0, 1].map { _ in Text(tokens: tokens, table: BlockTable(blockTokens: 4)) }
        for index in texts.indices { try texts[index].table.cover(11, from: &pool) }
        for index in texts.indices { try Self.compute(&texts[index], upTo: 11, &pool, &memory) }
        try Self.check(texts, pool, memory, "both")
        let used = pool.usedCount
        // Two full ones together, and the last one of each.
        #expect(used == 4)
        for index in texts.indices { texts[index].table.giveBack(to: &pool) }
        let cached = pool.cachedCount
        #expect(cached == 3)
    }

    @Test func `are not kept where sharing is off`() throws {
        var pool = BlockPool(count: 20, blockTokens: 4, sharesPrefixes: false)
        var memory = Memory(repeating: Array(repeating: [], count: 4), count: 20)
        var text = Text(tokens: Array(0..<10), table: BlockTable(blockTokens: 4))
        try Self.compute(&text, upTo: 10, &pool, &memory)
        text.table.giveBack(to: &pool)
        Self.adopt(&text, &pool, &memory)
        let free = pool.freeCount
        #expect(free == 20)
        #expect(text.table.indexedTokens == 0)
    }
}
