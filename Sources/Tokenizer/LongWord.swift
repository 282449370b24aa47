/// A word of many symbols while it is merged: a linked list over flat arrays, and the queue of what can be
/// merged.
struct LongWord {
    private var symbols: [UInt32]
    /// Neighbours of each symbol, -1 where there is none; a symbol that was merged away has no next one.
    private var next: [Int32]
    private var previous: [Int32]
    private var queue = MergeQueue()

    init(_ symbols: [UInt32]) {
        self.symbols = symbols
        let count = Int32(truncatingIfNeeded: symbols.count)
        next = Array(1..<count) + [-1]
        previous = Array(-1..<count - 1)
    }

    mutating func merge(_ merges: MergeTable) {
        for position in 1..<symbols.count { offer(position - 1, position, merges) }
        while let (rank, position) = queue.takeFirst() {
            let following = Int(next[position])
            guard following >= 0 else { continue }
            let merge = merges.merge(symbols[position], symbols[following])
            guard merge != MergeTable.none, merge >> 32 == rank else { continue }
            symbols[position] = UInt32(truncatingIfNeeded: merge)
            unlink(following, after: position)
            offer(Int(previous[position]), position, merges)
            offer(position, Int(next[position]), merges)
        }
    }

    /// The symbols that are left, in order.
    var merged: [UInt32] {
        var merged: [UInt32] = []
        var position = 0
        while position >= 0 {
            merged.append(symbols[position])
            position = Int(next[position])
        }
        return merged
    }

    private mutating func unlink(_ gone: Int, after position: Int) {
        let following = next[gone]
        next[position] = following
        if following >= 0 { previous[Int(following)] = Int32(truncatingIfNeeded: position) }
        next[gone] = -1
    }

    private mutating func offer(_ left: Int, _ right: Int, _ merges: MergeTable) {
        guard left >= 0, right >= 0 else { return }
        let merge = merges.merge(symbols[left], symbols[right])
        guard merge != MergeTable.none else { return }
        queue.insert(rank: UInt32(truncatingIfNeeded: merge >> 32), position: left)
    }
}
