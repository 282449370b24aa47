internal import CChecksum
internal import Contract

/// The 48 bytes in front of every body, in network order.
///
/// `schemas/frames.md` draws them.
struct FrameHeader {
    static let byteCount = 48
    static let magic: [UInt8] = [0x4D, 0x52]
    static let version: UInt8 = 1
    /// In `flags`: a receiver that does not know the type skips the frame.
    static let optionalFlag: UInt16 = 1
    static let checksumOffset = 44

    var type: UInt8
    var flags: UInt16 = 0
    var byteCount = Self.byteCount
    var link: LinkHeader
    var bodyByteCount: Int

    /// Reads and checks everything that can be checked without knowing the type.
    init(reading frame: UnsafeRawBufferPointer) throws(FrameError) {
        guard frame.count <= WireLimits.controlFrameBytes else {
            throw FrameError(
                .frameTooLarge,
                "the frame has \(frame.count) bytes, the limit is \(WireLimits.controlFrameBytes)"
            )
        }
        guard frame.count >= Self.byteCount else {
            throw .malformed("the frame has \(frame.count) bytes, a header has \(Self.byteCount)")
        }
        guard frame[0] == Self.magic[0], frame[1] == Self.magic[1] else {
            throw .malformed("magic is not MR")
        }
        guard frame[2] == Self.version else {
            throw FrameError(.unsupportedVersion, "version is \(frame[2]), this node speaks \(Self.version)")
        }
        var reader = BodyReader(frame, from: 3)
        type = try reader.integer("type")
        flags = try reader.integer("flags")
        byteCount = Int(try reader.integer("hdr_len", as: UInt16.self))
        guard byteCount >= Self.byteCount, byteCount <= frame.count else {
            throw .malformed("hdr_len is \(byteCount), it must be from \(Self.byteCount) to the frame's size")
        }
        link = LinkHeader(
            epoch: BootEpoch(rawValue: try reader.integer("boot_epoch")),
            sequence: try reader.integer("link_seq"),
            acknowledged: try reader.integer("link_ack"),
            sentAt: Instant(microseconds: try reader.integer("send_us"))
        )
        bodyByteCount = Int(try reader.integer("body_len", as: UInt32.self))
        guard bodyByteCount == frame.count - byteCount else {
            throw .malformed("body_len is \(bodyByteCount), the frame has \(frame.count - byteCount)")
        }
        let checksum: UInt32 = try reader.integer("crc32c")
        guard checksum == Self.checksum(of: frame) else { throw .malformed("crc32c does not match") }
    }

    /// Writes the header of `message` and its checksum over the space left at `start`.
    static func write(_ link: LinkHeader, type: MessageType, into bytes: inout [UInt8], at start: Int) {
        let bodyByteCount = bytes.count - start - Self.byteCount
        bytes.withUnsafeMutableBytes { all in
            let frame = UnsafeMutableRawBufferPointer(rebasing: all[start...])
            func put<Number: FixedWidthInteger>(_ number: Number, at offset: Int) {
                frame.storeBytes(of: number.bigEndian, toByteOffset: offset, as: Number.self)
            }
            put(magic[0], at: 0)
            put(magic[1], at: 1)
            put(version, at: 2)
            put(type.rawValue, at: 3)
            put(UInt16(0), at: 4)
            put(UInt16(Self.byteCount), at: 6)
            put(link.epoch.rawValue, at: 8)
            put(link.sequence, at: 16)
            put(link.acknowledged, at: 24)
            put(link.sentAt.microseconds, at: 32)
            put(UInt32(truncatingIfNeeded: bodyByteCount), at: 40)
            put(checksum(of: UnsafeRawBufferPointer(frame)), at: checksumOffset)
        }
    }

    /// CRC-32C of everything but the checksum itself.
    static func checksum(of frame: UnsafeRawBufferPointer) -> UInt32 {
        guard frame.count >= byteCount, let base = frame.baseAddress?.assumingMemoryBound(to: UInt8.self)
        else {
            return 0
        }
        let head = checksum_crc32c(0, base, checksumOffset)
        return checksum_crc32c(head, base + byteCount, frame.count - byteCount)
    }
}
