internal import Contract

/// Numbers as they lie in files and digests: little-endian, one behind the other.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ more: [UInt8]) { bytes += more }

    mutating func append(_ id: SegmentID) { bytes += id.bytes }

    mutating func append(_ tokens: some Collection<TokenID>) {
        bytes.reserveCapacity(bytes.count + tokens.count * MemoryLayout<TokenID>.size)
        for token in tokens { append(token) }
    }
}

/// Reads what `ByteWriter` wrote; nil where the bytes end.
struct ByteReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: some Sequence<UInt8>) { rest = Array(bytes)[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func number<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) -> Number? {
        guard let bytes = bytes(Number.bitWidth / 8) else { return nil }
        return bytes.reversed().reduce(Number(0)) { $0 << 8 | Number(truncatingIfNeeded: $1) }
    }

    mutating func bytes(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    mutating func id() -> SegmentID? { bytes(SegmentID.byteCount).flatMap { SegmentID(bytes: $0) } }

    mutating func tokens(_ count: Int) -> [TokenID]? {
        var tokens: [TokenID] = []
        for _ in 0..<count {
            guard let token = number(TokenID.self) else { return nil }
            tokens.append(token)
        }
        return tokens
    }
}
