internal import Contract

/// Finds where the last tokens of a text stood before, and what followed them there.
///
/// It remembers the latest place of each run of two and of four tokens in a table that has one place for each
/// hash: at most 256 KiB for a sequence, and what is overwritten is not found again. Each token is taken up
/// once, in O(1) but for the table's growth.
struct PromptLookup: Sendable {
    /// Longer runs come first: what they find is more often right.
    private static let runLengths = [4, 2]
    private static let fewestSlots = 1024
    /// Two runs end at each token, and half of the table stays empty, as long as there is room.
    private static let slotsPerToken = 4
    private static let mostSlots = 1 << 16
    /// Tokens that are compared to see how much of the text agrees.
    static let longestMatch = 16

    /// For each hash the position behind the run; 0 is none.
    private var slots: [UInt32] = []
    /// Runs that end before this position are in the table.
    private var indexedCount = 0

    /// Takes up the tokens that it has not seen; `tokens` only ever grows.
    mutating func take(_ tokens: [TokenID]) {
        growIfNeeded(for: tokens.count)
        // A run is worth knowing once something follows it.
        for next in stride(from: max(indexedCount, 1), to: tokens.count, by: 1) {
            for length in Self.runLengths where next >= length {
                slots[slot(length, of: tokens, endingAt: next)] = UInt32(truncatingIfNeeded: next)
            }
        }
        indexedCount = tokens.count
    }

    /// Where the text goes on as it may go on now, and how many tokens before that place agree.
    func find(_ tokens: [TokenID]) -> (next: Int, matchCount: Int)? {
        guard !slots.isEmpty else { return nil }
        var best: (next: Int, matchCount: Int)?
        for length in Self.runLengths where tokens.count > length {
            let next = Int(slots[slot(length, of: tokens, endingAt: tokens.count)])
            guard next > 0, next < tokens.count else { continue }
            let count = matchCount(tokens, next)
            // Hashes collide, so that fewer tokens may agree than were looked up.
            if count >= 2, count > best?.matchCount ?? 0 { best = (next, count) }
        }
        return best
    }

    /// Appends `count` tokens from `next` on; where the text ends there it goes round, as a loop would.
    static func append(_ count: Int, of tokens: [TokenID], from next: Int, to proposals: inout [TokenID]) {
        let start = proposals.count
        for offset in 0..<count {
            let place = next + offset
            proposals.append(place < tokens.count ? tokens[place] : proposals[start + place - tokens.count])
        }
    }

    private func matchCount(_ tokens: [TokenID], _ next: Int) -> Int {
        var count = 0
        while count < min(next, Self.longestMatch),
            tokens[next - 1 - count] == tokens[tokens.count - 1 - count]
        {
            count += 1
        }
        return count
    }

    private mutating func growIfNeeded(for tokenCount: Int) {
        let wanted = tokenCount < Self.mostSlots ? Self.slotsPerToken * tokenCount : Self.mostSlots
        guard slots.count < min(wanted, Self.mostSlots) else { return }
        var count = max(Self.fewestSlots, slots.count)
        while count < min(wanted, Self.mostSlots) { count *= 2 }
        slots = Array(repeating: 0, count: count)
        indexedCount = 0
    }

    private func slot(_ length: Int, of tokens: [TokenID], endingAt end: Int) -> Int {
        var hash = UInt64(length)
        for place in end - length..<end {
            hash = (hash ^ UInt64(tokens[place])) &* 0x9E37_79B9_7F4A_7C15
            hash ^= hash >> 29
        }
        // The number of slots is a power of two.
        return Int(truncatingIfNeeded: hash >> 8) & (slots.count - 1)
    }
}
