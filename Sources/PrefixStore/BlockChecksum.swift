internal import CChecksum

/// Tells whether the bytes of a block are still those that were written.
///
/// 128 bits, four CRC-32C over every fourth word: no more than a tenth of the time that reading takes, and
/// any single damage of up to 32 bits is found for certain. Against accidents, not against malice: who may
/// write into the directory may as well replace the model.
struct BlockChecksum: Hashable, Sendable {
    static let byteCount = 16
    /// Pieces in which a block is checked while it is in the core's cache.
    static let pieceBytes = 128 << 10

    private(set) var lanes: [UInt32] = [0, 0, 0, 0]

    init() {}

    /// Nil unless there are four.
    init?(lanes: [UInt32]) {
        guard lanes.count == 4 else { return nil }
        self.lanes = lanes
    }

    /// Adds the next piece; all but the last have a multiple of 32 bytes.
    mutating func add(_ piece: UnsafeRawBufferPointer) {
        checksum_crc32c_lanes(&lanes, piece.baseAddress, piece.count)
    }
}
