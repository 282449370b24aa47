/// Reads a GGUF header from front to back; nothing it reads can be longer than what is left.
///
/// All numbers are little-endian and lie at any address.
struct GGUFCursor {
    let path: String
    let bytes: UnsafeRawBufferPointer
    private(set) var offset = 0

    /// The header ends within the limit, however long the file is.
    init(path: String, bytes: UnsafeRawBufferPointer) {
        self.path = path
        self.bytes = UnsafeRawBufferPointer(rebasing: bytes.prefix(ModelFileLimits.headerBytes))
    }

    mutating func number<Number: FixedWidthInteger>(
        _: Number.Type,
        of field: String
    ) throws(ModelFileError)
        -> Number
    {
        let range = try take(MemoryLayout<Number>.size, of: field)
        return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: Number.self))
    }

    /// A number that counts things of at least `size` bytes each which are still to come.
    mutating func count(
        of field: String,
        size: Int,
        limit: Int = .max
    ) throws(ModelFileError) -> Int {
        let count = try number(UInt64.self, of: field)
        let room = (bytes.count - offset) / max(1, size)
        guard count <= UInt64(limit) else {
            throw ModelFileError(path, field, "counts \(count), the limit is \(limit)")
        }
        guard count <= UInt64(room) else {
            throw ModelFileError(path, field, "counts \(count), but the header has room for \(room)")
        }
        return Int(count)
    }

    /// The bytes of a text, without its length.
    mutating func text(of field: String) throws(ModelFileError) -> Range<Int> {
        try take(count(of: field, size: 1), of: field)
    }

    mutating func take(_ count: Int, of field: String) throws(ModelFileError) -> Range<Int> {
        guard count <= bytes.count - offset else {
            throw ModelFileError(
                path,
                field,
                "needs \(count) bytes, but the header ends after \(bytes.count - offset)"
            )
        }
        defer { offset += count }
        return offset..<offset + count
    }

    func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}
