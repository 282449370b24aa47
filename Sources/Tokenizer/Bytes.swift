/// A view of UTF-8 text that is known to be valid: every text here starts as a Swift `String`.
///
/// Only lent: whoever is handed one may not keep it.
typealias Bytes = UnsafeBufferPointer<UInt8>

extension UnsafeBufferPointer<UInt8> {
    func part(_ range: Range<Int>) -> Bytes { Bytes(rebasing: self[range]) }

    func hasPrefix(_ prefix: [UInt8]) -> Bool {
        count >= prefix.count && part(0..<prefix.count).elementsEqual(prefix)
    }

    /// The character at `index`, which must be the start of one, and its length in bytes.
    func scalar(at index: Int) -> (scalar: Unicode.Scalar, byteCount: Int) {
        let lead = UInt32(self[index])
        if lead < 0x80 { return (Unicode.Scalar(UInt8(lead)), 1) }
        let byteCount = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        guard index + byteCount <= count else { return ("\u{FFFD}", count - index) }
        var value = lead & (0x7F >> UInt32(byteCount))
        for offset in 1..<byteCount { value = value << 6 | UInt32(self[index + offset] & 0x3F) }
        return (Unicode.Scalar(value) ?? "\u{FFFD}", byteCount)
    }

    /// The end of the character that starts at `index`, by its first byte alone.
    @inline(__always)
    func characterEnd(_ index: Int) -> Int {
        let lead = self[index]
        return Swift.min(index + (lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4), count)
    }

    /// The start of the character that ends at `end`.
    func startOfScalar(before end: Int) -> Int {
        var start = end - 1
        while start > 0, self[start] & 0xC0 == 0x80 { start -= 1 }
        return start
    }

    /// The nearest start of a character at or before `index`.
    func scalarBoundary(atOrBefore index: Int) -> Int {
        var boundary = index
        while boundary > 0, boundary < count, self[boundary] & 0xC0 == 0x80 { boundary -= 1 }
        return boundary
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Eight bytes at a time; the same in every process.
    var hash: Int {
        var hash = UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15
        let raw = UnsafeRawBufferPointer(self)
        var place = 0
        while place + 8 <= raw.count {
            hash = Self.mixed(hash, raw.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            place += 8
        }
        var rest: UInt64 = 0
        while place < raw.count {
            rest = rest << 8 | UInt64(raw[place])
            place += 1
        }
        hash = Self.mixed(hash, rest)
        return Int(truncatingIfNeeded: (hash ^ hash >> 29) & 0x7FFF_FFFF_FFFF_FFFF)
    }

    @inline(__always)
    private static func mixed(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let mixed = (hash ^ word) &* 0xBF58_476D_1CE4_E5B9
        return mixed ^ mixed >> 32
    }
}

extension [UInt8] {
    mutating func append(_ scalar: Unicode.Scalar) {
        if let encoded = UTF8.encode(scalar) { append(contentsOf: encoded) }
    }
}
