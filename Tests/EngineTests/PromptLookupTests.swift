import Contract
import TestSupport
import Testing

@testable import Engine

@Suite struct `A prompt lookup` {
    private func proposal(_ tokens: [TokenID], count: Int = 4) -> [TokenID]? {
        var lookup = PromptLookup()
        lookup.take(tokens)
        return lookup.find(tokens).map { place in
            var proposals: [TokenID] = []
            PromptLookup.append(count, of: tokens, from: place.next, to: &proposals)
            return proposals
        }
    }

    @Test func `proposes what followed the last tokens before`() {
        #expect(proposal([1, 2, 3, 4, 5, 6, 7, 1, 2]) == [3, 4, 5, 6])
        #expect(proposal([1, 2, 3, 4, 5, 6, 7, 8, 2]) == nil)
    }

    @Test func `takes the latest place`() {
        #expect(proposal([1, 2, 3, 1, 2, 9, 8, 7, 1, 2])?.first == 9)
    }

    @Test func `prefers the place where more tokens agree`() {
        let tokens: [TokenID] = [5, 6, 1, 2, 3, 0, 0, 1, 2, 9, 0, 5, 6, 1, 2]
        #expect(proposal(tokens)?.first == 3)
    }

    @Test func `goes round where the text repeats itself`() {
        #expect(proposal([7, 1, 2, 3, 1, 2, 3], count: 7) == [1, 2, 3, 1, 2, 3, 1])
        #expect(proposal([7, 7, 7], count: 3) == [7, 7, 7])
    }

    @Test func `finds nothing in a text that is too short`() {
        for tokens in [[], [1], [1, 1], [1, 2]] as [[TokenID]] { #expect(proposal(tokens) == nil) }
    }

    @Test func `does not depend on how the tokens came`() {
        for seed in 0..<40 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            let tokens = (0..<900).map { _ in TokenID.random(in: 0...5, using: &random) }
            var stepwise = PromptLookup()
            for count in 1...tokens.count {
                let known = Array(tokens.prefix(count))
                stepwise.take(known)
                guard count % 97 == 0 || count == tokens.count else { continue }
                var whole = PromptLookup()
                whole.take(known)
                let (left, right) = (stepwise.find(known), whole.find(known))
                #expect(left?.next == right?.next, "seed \(seed), \(count) tokens")
                if let left {
                    let agreeing = 1...left.matchCount
                    #expect(agreeing.allSatisfy { known[left.next - $0] == known[count - $0] })
                }
            }
        }
    }

    @Test func `stays within its memory in a text without end`() {
        var random = SplitMix64(seed: 3)
        let tokens = (0..<200_000).map { _ in TokenID.random(in: 0...150_000, using: &random) }
        var lookup = PromptLookup()
        lookup.take(tokens)
        let repeated = tokens + tokens[199_000..<199_010]
        lookup.take(repeated)
        #expect(lookup.find(repeated)?.next == 199_010)
    }
}
