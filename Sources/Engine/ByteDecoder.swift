/// Reads ids 0 to 255 as bytes of UTF-8, for the scripted model.
///
/// Other ids have no text.
public struct ByteDecoder: TextDecoding {
    private var pending: [UInt8] = []

    public init() {}

    public mutating func push(_ id: UInt32) -> String {
        guard let byte = UInt8(exactly: id) else { return "" }
        pending.append(byte)
        return isUnfinished ? "" : take()
    }

    public mutating func endCharacter() -> String { take() }
    public mutating func flush() -> String { take() }

    /// Whether `pending` may still become one code point; anything else is released, broken bytes as U+FFFD.
    private var isUnfinished: Bool {
        guard let first = pending.first, pending.dropFirst().allSatisfy({ $0 & 0xC0 == 0x80 }) else {
            return false
        }
        switch first {
        case 0xC2...0xDF: return pending.count < 2
        case 0xE0...0xEF: return pending.count < 3
        case 0xF0...0xF4: return pending.count < 4
        default: return false
        }
    }

    private mutating func take() -> String {
        defer { pending.removeAll(keepingCapacity: true) }
        return String(decoding: pending, as: UTF8.self)
    }
}
