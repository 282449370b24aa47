import Testing

/// A second opinion on the checksum: bit by bit, from the polynomial alone.
func crc32cBitByBit(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var crc = UInt32.max
    for byte in bytes {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
    }
    return ~crc
}

extension [UInt8] {
    /// Makes a frame that was tampered with whole again, so that a test reaches what lies behind the
    /// checksum.
    mutating func seal() {
        guard count >= 48 else { return }
        let headerByteCount = Int(self[6]) << 8 | Int(self[7])
        let bodyByteCount = UInt32(truncatingIfNeeded: Swift.max(0, count - headerByteCount))
        for index in 0..<4 { self[40 + index] = UInt8(truncatingIfNeeded: bodyByteCount >> (24 - 8 * index)) }
        let crc = crc32cBitByBit([self[..<44], self[48...]].joined())
        for index in 0..<4 { self[44 + index] = UInt8(truncatingIfNeeded: crc >> (24 - 8 * index)) }
    }
}
