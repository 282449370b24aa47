internal import Contract
internal import JSON

/// Reads big-endian numbers and texts out of one frame, and never past its end.
///
/// Lives only inside `withUnsafeBytes`, like the pointer that it holds.
struct BodyReader {
    private let bytes: UnsafeRawBufferPointer
    private var offset: Int

    init(_ bytes: UnsafeRawBufferPointer, from offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    var remaining: Int { bytes.count - offset }

    mutating func integer<Number: FixedWidthInteger>(
        _ field: StaticString,
        as type: Number.Type = Number.self
    )
        throws(FrameError) -> Number
    {
        try require(Number.bitWidth / 8, for: field)
        defer { offset += Number.bitWidth / 8 }
        return Number(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }

    /// A 16-bit count of elements that take at least `minimum` bytes each: checked before anybody reserves
    /// for it.
    mutating func count(
        _ field: StaticString,
        atMost limit: Int,
        ofAtLeast minimum: Int
    ) throws(FrameError) -> Int {
        let count = Int(try integer(field, as: UInt16.self))
        guard count <= limit else { throw .malformed("\(field) is \(count), the limit is \(limit)") }
        guard count * minimum <= remaining else {
            throw .malformed("\(field) is \(count), which \(remaining) bytes cannot hold")
        }
        return count
    }

    mutating func text(_ field: StaticString, byteCount: Int, atMost limit: Int) throws(FrameError) -> String
    {
        guard byteCount <= limit else {
            throw .malformed("\(field) has \(byteCount) bytes, the limit is \(limit)")
        }
        try require(byteCount, for: field)
        defer { offset += byteCount }
        let slice = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + byteCount])
        guard let text = String(validating: slice, as: UTF8.self) else {
            throw .malformed("\(field) is not UTF-8")
        }
        return text
    }

    mutating func bytes(_ field: StaticString, count: Int) throws(FrameError) -> [UInt8] {
        try require(count, for: field)
        defer { offset += count }
        return Array(bytes[offset..<offset + count])
    }

    mutating func tokenIDs(_ field: StaticString, count: Int) throws(FrameError) -> [TokenID] {
        try require(count * 4, for: field)
        defer { offset += count * 4 }
        return [TokenID](unsafeUninitializedCapacity: count) { ids, initialized in
            for index in 0..<count {
                let id = bytes.loadUnaligned(fromByteOffset: offset + index * 4, as: TokenID.self)
                ids.initializeElement(at: index, to: TokenID(bigEndian: id))
            }
            initialized = count
        }
    }

    mutating func jobID() throws(FrameError) -> JobID {
        JobID(high: try integer("job"), low: try integer("job"))
    }

    mutating func attempt() throws(FrameError) -> Attempt { Attempt(rawValue: try integer("attempt")) }

    /// The rest of the frame as one JSON object.
    mutating func members() throws(FrameError) -> Members {
        let body = UnsafeRawBufferPointer(rebasing: bytes[offset...])
        offset = bytes.count
        let limits = JSONLimits(depth: WireLimits.jsonDepth, bytes: WireLimits.controlFrameBytes)
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue(parsing: body, limits: limits) } catch {
            // The parser's own message quotes the text, which may be somebody's prompt.
            throw .malformed(
                "the body is not JSON of at most \(limits.depth) levels, near byte \(error.offset)"
            )
        }
        return try Members(value, "body")
    }

    /// A body that goes on behind its last field is not what its sender meant.
    func finish() throws(FrameError) {
        guard remaining == 0 else { throw .malformed("\(remaining) bytes follow the body's last field") }
    }

    private func require(_ count: Int, for field: StaticString) throws(FrameError) {
        guard count <= remaining else {
            throw .malformed("\(field) needs \(count) bytes, the frame has \(remaining) left")
        }
    }
}
