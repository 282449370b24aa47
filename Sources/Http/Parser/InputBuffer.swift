internal import Glibc

/// The bytes of a connection that have arrived and are not used up yet.
///
/// Offsets are relative to the first unused byte, so they survive the compaction that `append` does. Its size
/// is bounded by whoever appends: a connection reads at most one buffer ahead of what the parser asks for.
struct InputBuffer: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var start = 0

    var count: Int { bytes.count - start }

    subscript(offset: Int) -> UInt8 { bytes[start + offset] }

    mutating func append(_ more: Span<UInt8>) {
        if start > 0 {
            bytes.removeSubrange(0..<start)
            start = 0
        }
        more.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    }

    mutating func consume(_ byteCount: Int) {
        start += byteCount
        guard start == bytes.count else { return }
        start = 0
        // An idle connection keeps a small buffer only.
        bytes.removeAll(keepingCapacity: bytes.capacity <= 4096)
    }

    /// Moves up to `byteCount` bytes to the end of `destination`; the number moved.
    mutating func move(upTo byteCount: Int, to destination: inout [UInt8]) -> Int {
        let moved = min(byteCount, count)
        destination.append(contentsOf: bytes[start..<start + moved])
        consume(moved)
        return moved
    }

    /// The offset of the first line feed at or after `offset`.
    func lineFeed(from offset: Int) -> Int? {
        bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress, start + offset < raw.count else { return nil }
            let from = base + start + offset
            guard let found = memchr(from, Int32(UInt8.lineFeed), raw.count - start - offset) else {
                return nil
            }
            return offset + (UnsafeRawPointer(found) - from)
        }
    }
}
