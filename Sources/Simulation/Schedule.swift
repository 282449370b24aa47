internal import Contract

/// What is to happen and when, in the time of the simulated world; ties go by a seeded number, so that no
/// order is taken for granted.
struct Schedule<Event> {
    private struct Entry {
        var due: Instant
        var tie: UInt64
        var event: Event

        func precedes(_ other: Entry) -> Bool { (due, tie) < (other.due, other.tie) }
    }

    private var heap: [Entry] = []

    var isEmpty: Bool { heap.isEmpty }
    var count: Int { heap.count }

    mutating func add(_ event: Event, at due: Instant, tie: UInt64) {
        heap.append(Entry(due: due, tie: tie, event: event))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].precedes(heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func next() -> (at: Instant, event: Event)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return (first.due, first.event) }
        heap[0] = last
        var parent = 0
        while true {
            var earliest = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].precedes(heap[earliest]) {
                earliest = child
            }
            guard earliest != parent else { return (first.due, first.event) }
            heap.swapAt(parent, earliest)
            parent = earliest
        }
    }
}
