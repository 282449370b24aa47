import Contract
import Engine
import TestSupport
import Testing

/// What an engine tells of the beginnings that it holds.
@Suite struct `An engine's links` {
    private static let blockTokens = 4

    private func engine(blocks: Int) -> Engine {
        var shape = ScriptedModel.Shape()
        shape.blockTokens = Self.blockTokens
        shape.blockCount = blocks
        shape.contextTokens = 256
        return Engine(model: ScriptedModel(shape), endTokens: [ScriptedModel.endToken])
    }

    private func link(_ number: UInt64) -> PrefixLink { PrefixLink(high: 3, low: number) }

    private func request(_ number: UInt64, _ ids: [TokenID], _ links: [(UInt64, Int)]) -> GenerationRequest {
        var request = GenerationRequest(
            job: JobID(high: 1, low: number),
            promptIDs: ids,
            decoder: ByteDecoder()
        )
        request.limits.maxTokens = 2
        request.limits.ignoresEnd = true
        request.links = links.map { CoveredLink(link($0.0), tokens: $0.1) }
        return request
    }

    /// What is told while everything that was submitted runs to its end.
    private func run(_ engine: inout Engine) -> [HoldingChange] {
        var changes: [HoldingChange] = []
        while engine.hasWork {
            _ = engine.step(at: .zero)
            changes += engine.takeHoldingChanges()
            let violations = engine.audit()
            #expect(violations == [])
        }
        return changes
    }

    private func ids(_ count: Int, from first: TokenID) -> [TokenID] {
        (0..<count).map { (first + TokenID($0) * 7) % 256 }
    }

    @Test func `are told in whole blocks, once their tokens are computed`() {
        var engine = engine(blocks: 64)
        engine.submit(request(1, ids(21, from: 1), [(1, 3), (2, 4), (3, 11), (4, 20), (5, 21)]))
        let first = run(&engine)
        #expect(
            first == [
                .stored(Holding(link(2), tokens: 4)), .stored(Holding(link(3), tokens: 8)),
                .stored(Holding(link(4), tokens: 20)), .stored(Holding(link(5), tokens: 20)),
            ]
        )
        // The same again is no news.
        engine.submit(request(2, ids(21, from: 1), [(2, 4), (3, 11), (4, 20)]))
        let again = run(&engine)
        #expect(again == [])
    }

    @Test func `go with the block that holds the last of their tokens`() {
        var engine = engine(blocks: 8)
        engine.submit(request(1, ids(12, from: 1), [(1, 4), (2, 8), (3, 12)]))
        _ = run(&engine)
        let before = engine.heldLinks
        #expect(before == [link(1), link(2), link(3)])
        engine.submit(request(2, ids(22, from: 100), [(9, 20)]))
        let changes = run(&engine)
        // Leaves go first.
        #expect(changes.first == .dropped(link(3)))
        let after = engine.heldLinks
        #expect(!after.contains(link(3)) && after.contains(link(9)))
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64]) func `are a true account of memory`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var engine = engine(blocks: 24)
        var told: Set<PrefixLink> = []
        let heads = (0..<6).map { ids(16, from: TokenID($0) * 40) }
        for number in 0..<120 as Range<UInt64> {
            let head = Int(random.next() % 6)
            let text = heads[head] + ids(Int(random.next() % 20) + 1, from: TokenID(random.next() % 256))
            let links = (1...text.count / 4).map { count in
                // Beyond the head every text has links of its own.
                (count <= 4 ? UInt64(head * 10 + count) : 1000 * (number + 1) + UInt64(count), count * 4)
            }
            engine.submit(request(number, text, links))
            if random.next() % 4 == 0 { continue }
            if random.next() % 8 == 0 { engine.cancel(JobID(high: 1, low: number), .first) }
            for change in run(&engine) {
                switch change {
                case .stored(let holding): told.insert(holding.link)
                case .dropped(let link):
                    let known = told.remove(link)
                    #expect(known != nil, "seed \(seed)")
                }
            }
            let held = engine.heldLinks
            #expect(told == held, "seed \(seed)")
        }
        #expect(!told.isEmpty)
    }
}
