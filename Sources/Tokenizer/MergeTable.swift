/// What two neighbouring tokens become, and how early.
///
/// Open addressing over plain integers: this is looked up once or twice per byte of text.
struct MergeTable: Sendable {
    /// A rank (the line of the merge: lower goes first) in the upper half, the new id in the lower.
    typealias Merge = UInt64

    static let none = Merge.max

    private var keys: [UInt64]
    private var merges: [Merge]

    init(capacity: Int) {
        var slotCount = 16
        while slotCount < capacity * 2 { slotCount *= 2 }
        keys = Array(repeating: .max, count: slotCount)
        merges = Array(repeating: Self.none, count: slotCount)
    }

    /// A later merge of the same two tokens replaces the earlier one.
    mutating func add(_ left: UInt32, _ right: UInt32, rank: UInt32, result: UInt32) {
        let slot = slot(left, right)
        keys[slot] = Self.key(left, right)
        merges[slot] = UInt64(rank) << 32 | UInt64(result)
    }

    func merge(_ left: UInt32, _ right: UInt32) -> Merge { merges[slot(left, right)] }

    /// Merges a short word in place.
    ///
    /// `candidates` is working memory.
    func mergeByScanning(_ symbols: inout [UInt32], _ candidates: inout [Merge]) {
        guard symbols.count > 1 else { return }
        candidates.removeAll(keepingCapacity: true)
        for index in 1..<symbols.count { candidates.append(merge(symbols[index - 1], symbols[index])) }
        while true {
            var best = Self.none
            var place = 0
            for index in candidates.indices where candidates[index] < best {
                best = candidates[index]
                place = index
            }
            guard best != Self.none else { return }
            symbols[place] = UInt32(truncatingIfNeeded: best)
            symbols.remove(at: place + 1)
            candidates.remove(at: place)
            if place > 0 { candidates[place - 1] = merge(symbols[place - 1], symbols[place]) }
            if place < candidates.count { candidates[place] = merge(symbols[place], symbols[place + 1]) }
        }
    }

    /// Where the pair is, or the free slot where it would be.
    private func slot(_ left: UInt32, _ right: UInt32) -> Int {
        let key = Self.key(left, right)
        var hash = key &* 0x9E37_79B9_7F4A_7C15
        hash = (hash ^ hash >> 29) &* 0xBF58_476D_1CE4_E5B9
        let mask = keys.count - 1
        var slot = Int(truncatingIfNeeded: hash >> 32) & mask
        while keys[slot] != key, keys[slot] != .max { slot = (slot + 1) & mask }
        return slot
    }

    /// No id is as high as 2^32 - 1, so no pair is the mark of a free slot.
    private static func key(_ left: UInt32, _ right: UInt32) -> UInt64 { UInt64(left) << 32 | UInt64(right) }
}
