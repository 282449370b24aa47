internal import Contract

/// Names a scheduled piece of work.
public struct TimerID: Hashable, Sendable {
    let serial: UInt64
}

/// Work to be done at given moments, earliest first, ties in order of scheduling.
///
/// The heap orders due times only; the work lies beside it, so that cancelling costs one look-up and lets go
/// of what the work holds at once, however far off it was. What cancelling leaves in the heap is swept out
/// when it is more than half.
struct TimerQueue {
    private struct Entry {
        var due: Instant
        var serial: UInt64

        func isEarlier(than other: Entry) -> Bool { (due, serial) < (other.due, other.serial) }
    }

    private struct Task {
        var interval: Duration?
        var work: () -> Void
    }

    private var heap: [Entry] = []
    private var tasks: [UInt64: Task] = [:]
    private var lastSerial: UInt64 = 0

    /// When the next entry is due; a cancelled one at the top only costs an early look.
    var next: Instant? { heap.first?.due }

    mutating func add(at due: Instant, every interval: Duration?, _ work: @escaping () -> Void) -> TimerID {
        lastSerial += 1
        tasks[lastSerial] = Task(interval: interval, work: work)
        push(Entry(due: due, serial: lastSerial))
        return TimerID(serial: lastSerial)
    }

    mutating func cancel(_ timer: TimerID) {
        guard tasks.removeValue(forKey: timer.serial) != nil, heap.count > 2 * tasks.count + 64 else {
            return
        }
        // A sorted array is a heap.
        heap = heap.filter { tasks[$0.serial] != nil }.sorted { $0.isEarlier(than: $1) }
    }

    /// The next piece of work that is due by `now`; a repeating one is put back first.
    mutating func takeDue(at now: Instant) -> (() -> Void)? {
        while let first = heap.first, first.due <= now {
            guard let entry = pop() else { return nil }
            guard let task = tasks[entry.serial] else { continue }
            if let interval = task.interval {
                push(Entry(due: now + interval, serial: entry.serial))
            } else {
                tasks[entry.serial] = nil
            }
            return task.work
        }
        return nil
    }

    private mutating func push(_ entry: Entry) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].isEarlier(than: heap[parent]) else { break }
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
            where child < heap.count && heap[child].isEarlier(than: heap[earliest]) {
                earliest = child
            }
            guard earliest != parent else { return first }
            heap.swapAt(parent, earliest)
            parent = earliest
        }
    }
}
