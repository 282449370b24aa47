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

    /// Adds a token; false when its text is there already.
    ///
    /// `capacity` tokens fit.
    mutating func add(_ token: String, id: UInt32) -> Bool {
        var token = token
        return token.withUTF8 { bytes in
            var slot = firstSlot(bytes)
            while slots[slot] >= 0 {
                if self.bytes(entry: Int(slots[slot]), equal: bytes) { return false }
                slot = (slot + 1) & (slots.count - 1)
            }
            precondition(
                ids.count * 2 < slots.count,
                "a vocabulary holds no more tokens than it was made for"
            )
            let entry = Int32(ids.count)
            slots[slot] = entry
            arena.append(contentsOf: bytes)
            starts.append(arena.count)
            ids.append(id)
            if Int(id) >= size {
                entries.append(contentsOf: repeatElement(-1, count: Int(id) + 1 - size))
                size = Int(id) + 1
            }
            entries[Int(id)] = entry
            longestByteCount = max(longestByteCount, bytes.count)
            return true
        }
    }

    func id(of token: Bytes) -> UInt32? {
        guard token.count <= longestByteCount else { return nil }
        var slot = firstSlot(token)
        while slots[slot] >= 0 {
            let entry = Int(slots[slot])
            if bytes(entry: entry, equal: token) { return ids[entry] }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    func id(of token: [UInt8]) -> UInt32? { token.withUnsafeBufferPointer { id(of: $0) } }

    /// The text of a token, nil for an id that no token has.
    func token(_ id: UInt32) -> [UInt8]? {
        guard Int(id) < size, entries[Int(id)] >= 0 else { return nil }
        let entry = Int(entries[Int(id)])
        return Array(arena[starts[entry]..<starts[entry + 1]])
    }

    private func bytes(entry: Int, equal bytes: Bytes) -> Bool {
        let start = starts[entry]
        guard starts[entry + 1] - start == bytes.count else { return false }
        return arena.withUnsafeBufferPointer { arena in
            for index in 0..<bytes.count where arena[start + index] != bytes[index] { return false }
            return true
        }
    }

    private func firstSlot(_ bytes: Bytes) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: hash ^ hash >> 32) & (slots.count - 1)
    }
}
