/// The merges that could be done in a long word, best first: lowest rank, then leftmost.
///
/// Positions are kept in one list per rank. A merge makes a longer token, and in a vocabulary that was learnt
/// the merges of longer tokens come later; so nearly always a list is complete before it is started, is
/// sorted once and read from front to back, which keeps a word of many megabytes in step with the memory.
/// What arrives out of turn goes through a small heap. Entries are never removed when they become stale;
/// whoever takes one checks it. Every merge adds at most two, so a word of n symbols costs n log n, whatever
/// is in it.
struct MergeQueue {
    private var lists: [UInt32: [UInt32]] = [:]
    /// The ranks that have a list, lowest first.
    private var ranks = Heap()
    /// Entries (rank in the upper half, position in the lower) that came after their list was started.
    private var late = Heap()
    private var current: [UInt32] = []
    private var currentRank: UInt32?
    private var place = 0

    mutating func insert(rank: UInt32, position: Int) {
        let position = UInt32(truncatingIfNeeded: position)
        if let currentRank, rank <= currentRank {
            late.insert(UInt64(rank) << 32 | UInt64(position))
        } else if lists[rank]?.append(position) == nil {
            lists[rank] = [position]
            ranks.insert(UInt64(rank))
        }
    }

    mutating func takeFirst() -> (rank: UInt32, position: Int)? {
        if place == current.count, late.first == nil { startNextList() }
        if let entry = late.first, place == current.count || entry < currentEntry {
            late.removeFirst()
            return (UInt32(truncatingIfNeeded: entry >> 32), Int(entry & 0xFFFF_FFFF))
        }
        guard let currentRank, place < current.count else { return nil }
        place += 1
        return (currentRank, Int(current[place - 1]))
    }

    private var currentEntry: UInt64 { UInt64(currentRank ?? 0) << 32 | UInt64(current[place]) }

    private mutating func startNextList() {
        guard let rank = ranks.first else { return }
        ranks.removeFirst()
        currentRank = UInt32(truncatingIfNeeded: rank)
        current = lists.removeValue(forKey: UInt32(truncatingIfNeeded: rank)) ?? []
        place = 0
        if !zip(current, current.dropFirst()).allSatisfy({ $0 <= $1 }) { current.sort() }
    }
}

/// Numbers of which the lowest is always at hand: a binary heap.
struct Heap {
    private var entries: [UInt64] = []

    var first: UInt64? { entries.first }

    mutating func insert(_ entry: UInt64) {
        entries.append(entry)
        var index = entries.count - 1
        while index > 0, entries[(index - 1) / 2] > entry {
            entries[index] = entries[(index - 1) / 2]
            index = (index - 1) / 2
        }
        entries[index] = entry
    }

    mutating func removeFirst() {
        guard let entry = entries.popLast(), !entries.isEmpty else { return }
        var index = 0
        while true {
            var child = index * 2 + 1
            if child >= entries.count { break }
            if child + 1 < entries.count, entries[child + 1] < entries[child] { child += 1 }
            if entries[child] >= entry { break }
            entries[index] = entries[child]
            index = child
        }
        entries[index] = entry
    }
}
