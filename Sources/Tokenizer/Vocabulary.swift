/// Which token has which id, both ways.
///
/// Keys are compared byte by byte, not as Swift strings: vocabularies hold composed and decomposed forms of
/// the same letter as different tokens. One arena and one open-addressed table, because a dictionary of
/// 250,000 small arrays would take seconds to build and a pointer chase per look-up.
struct Vocabulary: Sendable {
    /// Longest token in bytes; a longer word cannot be in here.
    private(set) var longestByteCount = 0
    /// Highest id + 1.
    private(set) var size = 0
    /// How many texts there are.
    private(set) var count = 0
    private var arena: [UInt8] = []
    /// Entry e is `arena[starts[e]..<starts[e + 1]]`.
    private var starts: [Int] = [0]
    private var ids: [UInt32] = []
    /// By id: the entry, -1 for an id that no token has.
    private var entries: [Int32] = []
    /// Open addressing by hash: the entry, -1 where free; a power of two, at most half full.
    private var slots: [Int32]

    init(capacity: Int) {
        var slotCount = 16
        while slotCount < capacity * 2 { slotCount *= 2 }
        slots = Array(repeating: -1, count: slotCount)
        starts.reserveCapacity(capacity + 1)
        ids.reserveCapacity(capacity)
    }

    /// Adds a token.
    ///
    /// Of two with the same text, the later one is found when `replaces` is true, else the earlier one; both
    /// ids lead to the text.
    mutating func add(_ token: [UInt8], id: UInt32, replaces: Bool = false) {
        if (ids.count + 1) * 2 > slots.count { grow() }
        let entry = Int32(truncatingIfNeeded: ids.count)
        let slot = token.withUnsafeBufferPointer { self.slot(of: $0) }
        if slots[slot] < 0 { count += 1 }
        if slots[slot] < 0 || replaces { slots[slot] = entry }
        arena.append(contentsOf: token)
        starts.append(arena.count)
        ids.append(id)
        if Int(id) >= size {
            entries.append(contentsOf: repeatElement(-1, count: Int(id) + 1 - size))
            size = Int(id) + 1
        }
        entries[Int(id)] = entry
        longestByteCount = max(longestByteCount, token.count)
    }

    func id(of token: Bytes) -> UInt32? {
        guard token.count <= longestByteCount else { return nil }
        let entry = slots[slot(of: token)]
        return entry >= 0 ? ids[Int(entry)] : nil
    }

    func id(of token: [UInt8]) -> UInt32? { token.withUnsafeBufferPointer { id(of: $0) } }

    /// The text of a token, nil for an id that no token has.
    func token(_ id: UInt32) -> [UInt8]? {
        guard Int(id) < size, entries[Int(id)] >= 0 else { return nil }
        let entry = Int(entries[Int(id)])
        return Array(arena[starts[entry]..<starts[entry + 1]])
    }

    /// Where the token is, or the free slot where it would be.
    private func slot(of token: Bytes) -> Int {
        var slot = token.hash & (slots.count - 1)
        while slots[slot] >= 0, !bytes(entry: Int(slots[slot]), equal: token) {
            slot = (slot + 1) & (slots.count - 1)
        }
        return slot
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: -1, count: old.count * 2)
        for entry in old where entry >= 0 {
            let token = Array(arena[starts[Int(entry)]..<starts[Int(entry) + 1]])
            let slot = token.withUnsafeBufferPointer { self.slot(of: $0) }
            slots[slot] = entry
        }
    }

    private func bytes(entry: Int, equal bytes: Bytes) -> Bool {
        let start = starts[entry]
        guard starts[entry + 1] - start == bytes.count else { return false }
        return arena.withUnsafeBufferPointer { arena in
            for index in 0..<bytes.count where arena[start + index] != bytes[index] { return false }
            return true
        }
    }
}
