/// The numbers of an embedding or a score as text: little-endian 32-bit floats in base64 (RFC 4648, section
/// 4), which is how they cross the fleet and what OpenAI's clients ask for.
public enum VectorText {
    private static let digits = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )

    public static func text(of numbers: [Float]) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4 * numbers.count)
        for number in numbers {
            for shift in stride(from: UInt32(0), to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: number.bitPattern >> shift))
            }
        }
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let part = bytes[start..<min(start + 3, bytes.count)]
            let word = part.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - part.count))
            for place in 0..<4 {
                let digit = digits[Int(word >> UInt32(18 - 6 * place)) & 63]
                text.append(place <= part.count ? digit : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil for a text that `text(of:)` does not write.
    public static func numbers(in text: String) -> [Float]? {
        var values = [UInt8](repeating: .max, count: 256)
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
        var word: UInt32 = 0
        var bitCount: UInt32 = 0
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 4 * 3)
        for byte in text.utf8 where byte != UInt8(ascii: "=") {
            guard values[Int(byte)] != .max else { return nil }
            word = word << 6 | UInt32(values[Int(byte)])
            bitCount += 6
            guard bitCount >= 8 else { continue }
            bitCount -= 8
            bytes.append(UInt8(truncatingIfNeeded: word >> bitCount))
        }
        guard bytes.count.isMultiple(of: 4) else { return nil }
        return stride(from: 0, to: bytes.count, by: 4).map { start in
            var pattern: UInt32 = 0
            for byte in bytes[start..<start + 4].reversed() { pattern = pattern << 8 | UInt32(byte) }
            return Float(bitPattern: pattern)
        }
    }
}
