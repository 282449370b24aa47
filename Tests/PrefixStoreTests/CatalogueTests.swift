import Contract
import TestSupport
import Testing

@testable import PrefixStore

@Suite struct `The catalogue of prefixes` {
    private let limits = PrefixLimits(diskBytes: 1000, segments: 30)

    private func root() throws -> SegmentID {
        let identity = try #require(PrefixIdentity(Array("model".utf8), blockTokens: 2, blockBytes: 10))
        return try #require(SegmentID(rootOf: identity, scope: ""))
    }

    /// Words of few letters, so that texts share beginnings.
    private func text(_ random: inout SplitMix64) -> [TokenID] {
        (0..<Int.random(in: 0...40, using: &random)).map { _ in TokenID.random(in: 0..<2, using: &random) }
    }

    private func common(_ left: [TokenID], _ right: [TokenID]) -> Int {
        zip(left, right).prefix { $0 == $1 }.count / 2
    }

    /// Inserts the segments of four blocks that are missing, as a spill does.
    private func insert(_ tokens: [TokenID], root: SegmentID, into catalogue: inout Catalogue) throws {
        var parent = root
        for start in stride(from: 0, to: tokens.count / 2 * 2, by: 8) {
            let own = Array(tokens[start..<min(start + 8, tokens.count / 2 * 2)])
            let key = try #require(SegmentKey(behind: parent, start: start, tokens: own))
            parent = key.id
            if catalogue.contains(key.id) { continue }
            var kept: Set<SegmentID> = []
            var next = catalogue.entry(key.parent)
            while let entry = next {
                kept.insert(entry.id)
                next = catalogue.entry(entry.key.parent)
            }
            let entry = Catalogue.Entry(key: key, blockTokens: 2, byteCount: 20 + own.count)
            guard catalogue.makeRoom(for: entry.byteCount, within: limits, keeping: kept) else { return }
            let isIn = catalogue.insert(entry)
            #expect(isIn)
        }
    }

    @Test(arguments: 1...20)
    func `balances its books and finds what a list finds`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let root = try root()
        var catalogue = Catalogue()
        var present: Set<SegmentID> = []
        var known: [[TokenID]] = []
        for _ in 0..<200 {
            let tokens = text(&random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                let victim = catalogue.match(tokens, root: root, blockTokens: 2).last
                if let victim { catalogue.remove(victim.key.id) }
            case 1:
                let used = catalogue.match(tokens, root: root, blockTokens: 2).last
                if let used { catalogue.use(used.key.id) }
            default:
                known.append(tokens)
                try insert(tokens, root: root, into: &catalogue)
            }
            #expect(catalogue.audit() == [], "seed \(seed)")
            #expect(catalogue.byteCount <= limits.diskBytes && catalogue.count <= limits.segments)
            // Whoever follows the changes knows what is there.
            let changes = catalogue.takeChanges()
            present.formUnion(changes.put.map(\.id))
            present.subtract(changes.removed)
            #expect(present.allSatisfy { catalogue.contains($0) } && present.count == catalogue.count)
            // Never more than some text that was stored has in common, and every block where it is right.
            let asked = text(&random)
            let found = catalogue.match(asked, root: root, blockTokens: 2)
            let blocks = found.reduce(0) { $0 + $1.blockCount }
            #expect(blocks <= known.map { common($0, asked) }.max() ?? 0)
            let foundTokens = found.flatMap { $0.key.tokens.prefix($0.blockCount * 2) }
            #expect(foundTokens == Array(asked.prefix(blocks * 2)))
        }
    }

    @Test(arguments: 1...10)
    func `takes up the order of use where it was left`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let root = try root()
        var catalogue = Catalogue()
        for _ in 0..<30 { try insert(text(&random), root: root, into: &catalogue) }
        let entries = catalogue.takeChanges().put.sorted { $0.key.start < $1.key.start }
        var restored = Catalogue()
        restored.restore(entries, unlisted: [])
        #expect(restored.audit() == [])
        let changes = restored.takeChanges()
        #expect(changes.isEmpty)
        while !catalogue.isEmpty {
            catalogue.trim(toBytes: .max, segments: catalogue.count - 1)
            restored.trim(toBytes: .max, segments: restored.count - 1)
            let (left, right) = (catalogue.takeChanges().removed, restored.takeChanges().removed)
            #expect(left == right, "seed \(seed)")
        }
        // Where the index is gone, any order will do that keeps parents behind their children.
        var adopted = Catalogue()
        let unused = entries.map { entry in
            var entry = entry
            entry.used = 0
            return entry
        }
        adopted.restore(unused, unlisted: Set(unused.map(\.id)))
        #expect(adopted.audit() == [])
        let rows = adopted.takeChanges().put
        #expect(rows.count == unused.count)
    }
}
