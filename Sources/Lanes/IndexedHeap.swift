/// Things in the order of a key, the least first, each of which can be moved or taken out by its name.
///
/// Every change costs O(log count), looking at the first O(1). Keys must differ, so that the order never
/// depends on how the heap came about.
struct IndexedHeap<ID: Hashable & Sendable, Key: Comparable & Sendable>: Sendable {
    private var entries: [(id: ID, key: Key)] = []
    private var places: [ID: Int] = [:]

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }
    var first: (id: ID, key: Key)? { entries.first }
    /// About the least few, in no order: a heap's first levels.
    var top: [ID] { entries.prefix(15).map(\.id) }
    /// In no order.
    var all: [(id: ID, key: Key)] { entries }

    subscript(id: ID) -> Key? { places[id].map { entries[$0].key } }

    func contains(_ id: ID) -> Bool { places[id] != nil }

    /// Puts something in, or in another place.
    mutating func set(_ id: ID, to key: Key) {
        guard let place = places[id] else {
            places[id] = entries.count
            entries.append((id, key))
            return rise(from: entries.count - 1)
        }
        let before = entries[place].key
        entries[place].key = key
        if key < before { rise(from: place) } else { sink(from: place) }
    }

    @discardableResult
    mutating func remove(_ id: ID) -> Key? {
        guard let place = places.removeValue(forKey: id), let last = entries.popLast() else { return nil }
        guard place < entries.count else { return last.key }
        let removed = entries[place].key
        entries[place] = last
        places[last.id] = place
        if last.key < removed { rise(from: place) } else { sink(from: place) }
        return removed
    }

    private mutating func rise(from start: Int) {
        let moved = entries[start]
        var place = start
        while place > 0, moved.key < entries[(place - 1) / 2].key {
            put(entries[(place - 1) / 2], at: place)
            place = (place - 1) / 2
        }
        if place != start { put(moved, at: place) }
    }

    private mutating func sink(from start: Int) {
        let moved = entries[start]
        var place = start
        while true {
            var child = 2 * place + 1
            guard child < entries.count else { break }
            if child + 1 < entries.count, entries[child + 1].key < entries[child].key { child += 1 }
            guard entries[child].key < moved.key else { break }
            put(entries[child], at: place)
            place = child
        }
        if place != start { put(moved, at: place) }
    }

    private mutating func put(_ entry: (id: ID, key: Key), at place: Int) {
        entries[place] = entry
        places[entry.id] = place
    }

    /// Whatever is inconsistent, in words; empty when all is well.
    func audit() -> [String] {
        var found: [String] = []
        if places.count != entries.count { found.append("\(entries.count) entries, \(places.count) places") }
        for (place, entry) in entries.enumerated() {
            if places[entry.id] != place { found.append("\(entry.id) is not where it should be") }
            if place > 0, entry.key < entries[(place - 1) / 2].key { found.append("\(entry.id) is too deep") }
        }
        return found
    }
}
