internal import Contract

/// Names a scheduled piece of work.
public struct TimerID: Hashable, Sendable {
    let serial: UInt64
}

/// Work to be done at given moments; a binary heap by due time, earliest first, ties in order of scheduling.
struct TimerQueue {
    private struct Entry {
        var due: Instant
        var serial: UInt64
        var interval: Duration?
        var work: () -> Void
    }

    private var heap: [Entry] = []
    private var cancelled: Set<UInt64> = []
    private var lastSerial: UInt64 = 0

    /// When the next entry is due; a cancelled one at the top only costs an early look.
    var next: Instant? { heap.first?.due }

    mutating func add(at due: Instant, every interval: Duration?, _ work: @escaping () -> Void) -> TimerID {
        lastSerial += 1
        push(Entry(due: due, serial: lastSerial, interval: interval, work: work))
        return TimerID(serial: lastSerial)
    }

    mutating func cancel(_ timer: TimerID) {
        guard heap.contains(where: { $0.serial == timer.serial }) else { return }
        cancelled.insert(timer.serial)
    }

    private mutating func push(_ entry: Entry) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard isEarlier(child, than: parent) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func pop() -> Entry? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            var earliest = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && isEarlier(child, than: earliest) {
                earliest = child
            }
            guard earliest != parent else { return first }
            heap.swapAt(parent, earliest)
            parent = earliest
        }
    }

    private func isEarlier(_ left: Int, than right: Int) -> Bool {
        (heap[left].due, heap[left].serial) < (heap[right].due, heap[right].serial)
    }

    /// The next piece of work that is due by `now`; a repeating one is put back first.
    mutating func takeDue(at now: Instant) -> (() -> Void)? {
        while let first = heap.first, first.due <= now {
            guard let entry = pop() else { return nil }
            if cancelled.remove(entry.serial) != nil { continue }
            if let interval = entry.interval {
                var again = entry
                again.due = now + interval
                push(again)
            }
            return entry.work
        }
        return nil
    }
}
