/// The merges that could be done in a long word, best first: lowest rank, then leftmost.
///
/// A binary heap of plain integers (rank in the upper half, position in the lower). Entries are never removed when
/// they become stale; whoever takes one checks it. Every merge adds at most two, so a word of n symbols costs
/// n log n, whatever is in it.
struct MergeQueue {
    private var heap: [UInt64] = []

    mutating func removeAll() { heap.removeAll(keepingCapacity: true) }

    /// Adds without ordering; `order` must follow before anything is taken.
    mutating func append(rank: UInt64, position: Int) { heap.append(rank << 32 | UInt64(position)) }

    mutating func order() {
        var index = heap.count / 2
        while index > 0 {
            index -= 1
            siftDown(index)
        }
    }

    mutating func insert(rank: UInt64, position: Int) {
        let entry = rank << 32 | UInt64(position)
        heap.append(entry)
        var index = heap.count - 1
        while index > 0, heap[(index - 1) / 2] > entry {
            heap[index] = heap[(index - 1) / 2]
            index = (index - 1) / 2
        }
        heap[index] = entry
    }

    mutating func takeFirst() -> (rank: UInt64, position: Int)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if !heap.isEmpty {
            heap[0] = last
            siftDown(0)
        }
        return (first >> 32, Int(first & 0xFFFF_FFFF))
    }

    private mutating func siftDown(_ start: Int) {
        let entry = heap[start]
        var index = start
        while true {
            var child = index * 2 + 1
            if child >= heap.count { break }
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            if heap[child] >= entry { break }
            heap[index] = heap[child]
            index = child
        }
        heap[index] = entry
    }
}
