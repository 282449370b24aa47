/// Tickets in the order of a key, the lowest first; equal keys in the order of their tickets.
///
/// A ticket that is no longer wanted stays until it comes to the top or the owner sweeps, so that taking a
/// request out of a queue never searches the queue.
struct TicketHeap<Key: Comparable & Sendable>: Sendable {
    private var entries: [(key: Key, ticket: UInt64)] = []

    var count: Int { entries.count }
    var first: (key: Key, ticket: UInt64)? { entries.first }

    mutating func push(_ ticket: UInt64, at key: Key) {
        entries.append((key, ticket))
        rise(from: entries.count - 1)
    }

    mutating func removeFirst() {
        guard let last = entries.popLast(), !entries.isEmpty else { return }
        entries[0] = last
        sink(from: 0)
    }

    /// Drops every ticket that is not wanted.
    ///
    /// O(count).
    mutating func sweep(keeping isWanted: (UInt64) -> Bool) {
        entries.removeAll { !isWanted($0.ticket) }
        // A sorted array is a heap.
        entries.sort { ($0.key, $0.ticket) < ($1.key, $1.ticket) }
    }

    private func isBefore(_ left: Int, _ right: Int) -> Bool {
        (entries[left].key, entries[left].ticket) < (entries[right].key, entries[right].ticket)
    }

    private mutating func rise(from start: Int) {
        var index = start
        while index > 0, isBefore(index, (index - 1) / 2) {
            entries.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func sink(from start: Int) {
        var index = start
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < entries.count && isBefore(child, least)
            {
                least = child
            }
            if least == index { return }
            entries.swapAt(index, least)
            index = least
        }
    }
}
