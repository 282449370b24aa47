/// The 256 visible characters that byte-level vocabularies write bytes with.
///
/// Printable Latin-1 stands for itself; the 68 other bytes are U+0100 onwards in ascending order, as GPT-2
/// laid down.
enum ByteAlphabet {
    private static let isItself: [Bool] = (0..<256).map {
        (0x21...0x7E).contains($0) || (0xA1...0xAC).contains($0) || (0xAE...0xFF).contains($0)
    }

    /// By byte: the UTF-8 of its character, in one or two bytes.
    private static let encoded: [(UInt8, UInt8)] = {
        var shifted: UInt32 = 0x100
        return (0..<256).map { byte in
            var value = UInt32(byte)
            if !isItself[byte] {
                value = shifted
                shifted += 1
            }
            return value < 0x80 ? (UInt8(value), 0) : (0xC0 | UInt8(value >> 6), 0x80 | UInt8(value & 0x3F))
        }
    }()

    /// By code point below U+0144: its byte.
    private static let decoded: [UInt8?] = {
        var table: [UInt8?] = Array(repeating: nil, count: 0x144)
        var shifted = 0x100
        for byte in 0..<256 {
            table[isItself[byte] ? byte : shifted] = UInt8(byte)
            if !isItself[byte] { shifted += 1 }
        }
        return table
    }()

    static func append(_ bytes: Bytes, to buffer: inout [UInt8]) {
        let table = encoded
        for byte in bytes {
            let (first, second) = table[Int(byte)]
            buffer.append(first)
            if second != 0 { buffer.append(second) }
        }
    }

    /// The bytes that `token` writes, or the token's own UTF-8 when it is not written in this alphabet.
    static func decode(_ token: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(token.count)
        for scalar in String(decoding: token, as: UTF8.self).unicodeScalars {
            guard scalar.value < UInt32(decoded.count), let byte = decoded[Int(scalar.value)] else {
                return token
            }
            bytes.append(byte)
        }
        return bytes
    }
}
