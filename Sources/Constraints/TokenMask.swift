public import Contract

/// Which tokens may come next: one bit each.
public struct TokenMask: Hashable, Sendable {
    private(set) var words: [UInt64]

    init(tokenCount: Int) { words = Array(repeating: 0, count: (tokenCount + 63) / 64) }

    public func contains(_ id: TokenID) -> Bool {
        let word = Int(id >> 6)
        return word < words.count && words[word] >> UInt64(id & 63) & 1 == 1
    }

    public var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    mutating func insert(_ id: TokenID) { words[Int(id >> 6)] |= 1 << UInt64(id & 63) }

    mutating func formUnion(_ other: TokenMask) {
        for index in words.indices { words[index] |= other.words[index] }
    }

    /// Makes impossible what is not in the mask and not among `others`, in the row `logits[range]`.
    public func apply(to logits: inout [Float], at range: Range<Int>, besides others: Set<TokenID>) {
        let kept = others.filter { Int($0) < range.count }.map { range.lowerBound + Int($0) }
        let logitsKept = kept.map { logits[$0] }
        var row = logits.mutableSpan
        for word in 0..<(range.count + 63) / 64 {
            let allowed = word < words.count ? words[word] : 0
            guard allowed != .max else { continue }
            let start = range.lowerBound + word * 64
            let count = min(64, range.upperBound - start)
            if allowed == 0 {
                for place in start..<start + count { row[place] = -.infinity }
                continue
            }
            var refused = count < 64 ? ~allowed & (1 << UInt64(count) - 1) : ~allowed
            while refused != 0 {
                row[start + refused.trailingZeroBitCount] = -.infinity
                refused &= refused - 1
            }
        }
        for (place, logit) in zip(kept, logitsKept) { logits[place] = logit }
    }
}
