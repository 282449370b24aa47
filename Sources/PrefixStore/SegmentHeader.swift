internal import CChecksum
internal import Contract

/// What stands at the beginning of a segment's file: whose bytes follow, and what they must add up to.
///
///      0  magic, 8 bytes                48  id, 32
///      8  version, 4                    80  parent, 32
///     12  tokens in a block, 4         112  a checksum per block, 16 each
///     16  blocks, 4                      …  the tokens, 4 each
///     20  zero, 4                        …  CRC-32C of all that, 4
///     24  bytes in a block, 8            …  zeros up to a multiple of 4096, where the blocks begin
///     32  tokens before the segment, 8
///     40  zero, 8
///
/// All numbers are little-endian.
struct SegmentHeader: Hashable, Sendable {
    static let magic = Array("MILLRKV1".utf8)
    static let version: UInt32 = 1
    static let fixedBytes = 112
    private static let alignment = 4096

    let key: SegmentKey
    let blockTokens: Int
    let blockBytes: Int
    var checksums: [BlockChecksum]

    var blockCount: Int { checksums.count }
    /// Where the blocks begin.
    var byteCount: Int { Self.byteCount(blockTokens: blockTokens, blockCount: blockCount) }

    /// Below 2^22 for everything that the limits allow.
    static func byteCount(blockTokens: Int, blockCount: Int) -> Int {
        let bytes = fixedBytes + blockCount * (BlockChecksum.byteCount + blockTokens * 4) + 4
        return (bytes + alignment - 1) / alignment * alignment
    }

    /// Of the whole file.
    static func fileBytes(blockTokens: Int, blockBytes: Int, blockCount: Int) -> Int {
        byteCount(blockTokens: blockTokens, blockCount: blockCount) + blockCount * blockBytes
    }

    var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.append(Self.magic)
        writer.append(Self.version)
        writer.append(UInt32(blockTokens))
        writer.append(UInt32(blockCount))
        writer.append(UInt32(0))
        writer.append(UInt64(blockBytes))
        writer.append(UInt64(key.start))
        writer.append(UInt64(0))
        writer.append(key.id)
        writer.append(key.parent)
        for lane in checksums.flatMap(\.lanes) { writer.append(lane) }
        writer.append(key.tokens)
        writer.append(checksum_crc32c(0, writer.bytes, writer.bytes.count))
        return writer.bytes + [UInt8](repeating: 0, count: byteCount - writer.bytes.count)
    }

    /// How long the header is that begins with these bytes; nil where it is none of this version.
    static func byteCount(beginningWith bytes: [UInt8]) -> Int? {
        guard let shape = Shape(bytes) else { return nil }
        return byteCount(blockTokens: shape.blockTokens, blockCount: shape.blockCount)
    }

    /// Nil where a single bit is not as it was written.
    init?(decoding bytes: [UInt8]) {
        guard let shape = Shape(bytes) else { return nil }
        var reader = ByteReader(bytes.dropFirst(24))
        guard let blockBytes = reader.number(UInt64.self).flatMap(Int.init(exactly:)),
            PrefixLimits.blockBytes.contains(blockBytes),
            let start = reader.number(UInt64.self).flatMap(Int.init(exactly:)), reader.bytes(8) != nil,
            let id = reader.id(), let parent = reader.id()
        else { return nil }
        var checksums: [BlockChecksum] = []
        for _ in 0..<shape.blockCount {
            guard let lanes = reader.tokens(4), let checksum = BlockChecksum(lanes: lanes) else { return nil }
            checksums.append(checksum)
        }
        guard let tokens = reader.tokens(shape.blockCount * shape.blockTokens),
            let sum = reader.number(UInt32.self)
        else { return nil }
        let summed = Self.fixedBytes + shape.blockCount * (BlockChecksum.byteCount + shape.blockTokens * 4)
        guard checksum_crc32c(0, bytes, summed) == sum else { return nil }
        key = SegmentKey(id: id, parent: parent, start: start, tokens: tokens)
        blockTokens = shape.blockTokens
        self.blockBytes = blockBytes
        self.checksums = checksums
    }

    init(_ key: SegmentKey, blockTokens: Int, blockBytes: Int, checksums: [BlockChecksum]) {
        self.key = key
        self.blockTokens = blockTokens
        self.blockBytes = blockBytes
        self.checksums = checksums
    }

    /// What the length of a header follows from.
    private struct Shape {
        let blockTokens: Int
        let blockCount: Int

        init?(_ bytes: [UInt8]) {
            var reader = ByteReader(bytes.prefix(SegmentHeader.fixedBytes))
            guard let magic = reader.bytes(8), Array(magic) == SegmentHeader.magic,
                reader.number(UInt32.self) == SegmentHeader.version,
                let blockTokens = reader.number(UInt32.self), let blockCount = reader.number(UInt32.self),
                PrefixLimits.blockTokens.contains(Int(blockTokens)),
                PrefixLimits.segmentBlocks.contains(Int(blockCount))
            else { return nil }
            self.blockTokens = Int(blockTokens)
            self.blockCount = Int(blockCount)
        }
    }
}
