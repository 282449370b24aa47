internal import JSON

/// The arguments of a call as a JSON object, for APIs that do not take them as text.
enum ToolInput {
    /// The object whose text, or the beginning of whose text, `arguments` is.
    ///
    /// Of a beginning, it has all members that are whole.
    static func object(_ arguments: [UInt8]) -> [UInt8] {
        if isObject(arguments) { return arguments }
        let whole = completed(arguments)
        return isObject(whole) ? whole : Array("{}".utf8)
    }

    private static func isObject(_ bytes: [UInt8]) -> Bool {
        guard let value = try? JSONValue(parsing: bytes), case .object = value else { return false }
        return true
    }

    /// Cut behind the last value that is whole, with what is open closed.
    private static func completed(_ bytes: [UInt8]) -> [UInt8] {
        var closers: [UInt8] = []
        var isInString = false
        var isEscaped = false
        var best: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case _ where isEscaped: isEscaped = false
            case UInt8(ascii: "\""): isInString.toggle()
            case _ where isInString: isEscaped = byte == UInt8(ascii: "\\")
            case UInt8(ascii: ","): best = bytes[..<index] + closers.reversed()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                // The closing bracket is two characters behind the opening one.
                closers.append(byte + 2)
                best = bytes[...index] + closers.reversed()
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                _ = closers.popLast()
                best = bytes[...index] + closers.reversed()
            default: break
            }
        }
        return best
    }
}
