import Contract
import Ownership
import TestSupport
import Testing

@Suite struct `The index of holders` {
    private static let now = Instant(microseconds: 1_000_000)

    private func link(_ number: UInt64) -> PrefixLink { PrefixLink(high: number &* 77, low: number) }

    private func chain(_ numbers: ClosedRange<UInt64>) -> [PromptLink] {
        numbers.map { PromptLink(link($0), tokens: UInt32($0 * 100)) }
    }

    private func held(
        _ index: OwnershipIndex,
        _ links: [PromptLink],
        at now: Instant = Self.now
    ) -> [Int: Double] {
        var found: [Int: Double] = [:]
        index.forEachHolder(of: links, at: now) {
            #expect(found[$0] == nil)
            found[$0] = $1
        }
        return found
    }

    @Test func `tells the longest beginning that each worker holds`() {
        var index = OwnershipIndex()
        for number in 1...4 as ClosedRange<UInt64> {
            index.store(Holding(link(number), tokens: UInt32(number * 90)), at: 0)
        }
        index.store(Holding(link(1), tokens: 96), at: 1)
        #expect(held(index, chain(1...3)) == [0: 270, 1: 96])
        #expect(held(index, chain(8...9)) == [:])
        index.drop(link(3), at: 0)
        #expect(held(index, chain(1...3)) == [0: 180, 1: 96])
        #expect(index.audit() == [])
    }

    @Test func `steers siblings to the worker that is about to compute what they have in common`() {
        var index = OwnershipIndex()
        index.expect(chain(1...2), at: 3, until: Self.now + .seconds(5))
        #expect(held(index, chain(1...4)) == [3: 200])
        #expect(held(index, chain(1...4), at: Self.now + .seconds(5)) == [:])
        // What was told stays when what was expected has come to its end.
        index.store(Holding(link(1), tokens: 64), at: 3)
        index.expect(chain(1...2), at: 3, until: Self.now + .seconds(9))
        #expect(held(index, chain(1...1), at: Self.now + .seconds(60)) == [3: 64])
        for _ in 0..<8 { index.sweep(at: Self.now + .seconds(60)) }
        #expect(index.count == 1)
        #expect(index.audit() == [])
    }

    @Test func `values a tier for less than memory`() {
        var index = OwnershipIndex()
        index.store(Holding(link(1), tokens: 100, tier: .disk), at: 0)
        index.store(Holding(link(1), tokens: 100), at: 1)
        let found = held(index, chain(1...1))
        #expect((found[0] ?? 0) < (found[1] ?? 0))
    }

    @Test func `forgets at once all that a worker held`() {
        var index = OwnershipIndex()
        for number in 1...2000 as ClosedRange<UInt64> {
            index.store(Holding(link(number), tokens: 16), at: 0)
            if number % 2 == 0 { index.store(Holding(link(number), tokens: 16), at: 1) }
        }
        index.clear(0)
        #expect(index.holdings(of: 0).isEmpty)
        #expect(held(index, chain(1...1)) == [:])
        #expect(held(index, chain(2...2)) == [1: 16])
        for _ in 0..<2 { index.sweep(at: Self.now) }
        #expect(index.count == 1000)
        #expect(index.audit() == [])
    }

    @Test func `forgets first what was neither told nor asked for the longest`() {
        var index = OwnershipIndex(limit: 3)
        for number in 1...3 as ClosedRange<UInt64> {
            index.store(Holding(link(number), tokens: 16), at: 0)
        }
        index.use(chain(1...1))
        index.store(Holding(link(4), tokens: 16), at: 0)
        #expect(Set(index.holdings(of: 0).keys) == [link(1), link(3), link(4)])
        #expect(index.audit() == [])
    }

    @Test(arguments: [1, 2, 3] as [UInt64]) func `agrees with a plain book of it`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var index = OwnershipIndex()
        var plain: [Int: [PrefixLink: UInt32]] = [:]
        for _ in 0..<3000 {
            let worker = Int(random.next() % 5)
            let link = link(random.next() % 60)
            switch random.next() % 20 {
            case 0:
                index.clear(worker)
                plain[worker] = [:]
            case 1...7:
                index.drop(link, at: worker)
                plain[worker]?[link] = nil
            case 8: index.sweep(at: Self.now)
            default:
                let tokens = UInt32(random.next() % 100)
                index.store(Holding(link, tokens: tokens), at: worker)
                plain[worker, default: [:]][link] = tokens
            }
        }
        for worker in 0..<5 {
            #expect(index.holdings(of: worker).mapValues(\.tokens) == plain[worker] ?? [:], "seed \(seed)")
        }
        #expect(index.audit() == [])
    }
}
