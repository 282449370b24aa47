internal import Glibc

/// The file of one segment: a header and its blocks, written once and never changed.
///
/// It comes into being under another name and gets its own when it is whole, so that no reader ever meets a
/// part of one. It is not synced: after a loss of power the checksums tell what arrived.
struct SegmentFile {
    /// What files are called that are still being written.
    static let draftSuffix = ".draft"

    private let path: String
    private let descriptor: FileDescriptor
    let header: SegmentHeader

    /// Writes a segment and puts it in place.
    static func write(
        _ key: SegmentKey,
        _ blocks: ArraySlice<BlockMemory>,
        of identity: PrefixIdentity,
        to path: String
    ) throws(SegmentFault) {
        let draft = path + draftSuffix
        do throws(SegmentFault) {
            let file = try FileDescriptor(path: draft, O_WRONLY | O_CREAT | O_TRUNC, deed: "write")
            var header = SegmentHeader(
                key,
                blockTokens: identity.blockTokens,
                blockBytes: identity.blockBytes,
                checksums: blocks.map { _ in BlockChecksum() }
            )
            var offset = header.byteCount
            for (index, block) in blocks.enumerated() {
                for piece in pieces(of: UnsafeRawBufferPointer(block.bytes)) {
                    header.checksums[index].add(piece)
                    try file.write(piece, at: offset)
                    offset += piece.count
                }
            }
            try file.write(header.encoded, at: 0)
            guard rename(draft, path) == 0 else {
                throw .system(deed: "put in place", path: path, code: errno)
            }
        } catch {
            unlink(draft)
            throw error
        }
    }

    /// Opens a file and reads its header; the blocks are asked for ahead of being read.
    init(path: String) throws(SegmentFault) {
        self.path = path
        descriptor = try FileDescriptor(path: path, O_RDONLY | O_NOFOLLOW, deed: "read")
        let length = try descriptor.byteCount
        guard length >= SegmentHeader.fixedBytes,
            let headerBytes = SegmentHeader.byteCount(
                beginningWith: try descriptor.bytes(SegmentHeader.fixedBytes)
            ),
            length >= headerBytes, let header = SegmentHeader(decoding: try descriptor.bytes(headerBytes))
        else { throw .header(path: path) }
        self.header = header
        let wanted = SegmentHeader.fileBytes(
            blockTokens: header.blockTokens,
            blockBytes: header.blockBytes,
            blockCount: header.blockCount
        )
        guard length == wanted else { throw .length(path: path, wanted: wanted, found: length) }
    }

    /// The same, for a segment that is known: another one is refused.
    init(path: String, expecting key: SegmentKey, of identity: PrefixIdentity) throws(SegmentFault) {
        try self.init(path: path)
        guard header.key == key, header.blockTokens == identity.blockTokens,
            header.blockBytes == identity.blockBytes
        else { throw .foreign(path: path) }
        descriptor.prefetch()
    }

    /// Fills a block's memory, which holds anything at all when it throws.
    func read(block index: Int, into memory: BlockMemory) throws(SegmentFault) {
        var offset = header.byteCount + index * header.blockBytes
        var checksum = BlockChecksum()
        var rest = memory.bytes[...]
        while !rest.isEmpty {
            let piece = UnsafeMutableRawBufferPointer(rebasing: rest.prefix(BlockChecksum.pieceBytes))
            try descriptor.read(into: piece, at: offset)
            checksum.add(UnsafeRawBufferPointer(piece))
            offset += piece.count
            rest = rest.dropFirst(piece.count)
        }
        guard checksum == header.checksums[index] else { throw .block(path: path, index: index) }
    }

    private static func pieces(of bytes: UnsafeRawBufferPointer) -> [UnsafeRawBufferPointer] {
        stride(from: 0, to: bytes.count, by: BlockChecksum.pieceBytes).map {
            UnsafeRawBufferPointer(
                rebasing: bytes[$0..<min($0 + BlockChecksum.pieceBytes, bytes.count)]
            )
        }
    }
}
