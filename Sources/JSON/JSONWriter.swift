/// Appends JSON to a byte buffer.
///
/// Own code and not Jansson's, because the edge writes one line per token by appending an escaped string
/// between two constants; a tree per line would cost forty times as much.
public enum JSONWriter {
    /// Appends `value` without any white space.
    public static func append(_ value: JSONValue, to bytes: inout [UInt8]) {
        switch value {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let flag): bytes.append(contentsOf: flag ? "true".utf8 : "false".utf8)
        case .integer(let number): bytes.append(contentsOf: String(number).utf8)
        case .number(let number): append(number, to: &bytes)
        case .string(let text): append(quoting: text, to: &bytes)
        case .array(let elements): append(elements, to: &bytes)
        case .object(let object): append(object, to: &bytes)
        }
    }

    /// Appends `text` in quotes.
    public static func append(quoting text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        append(escaping: text, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends `text` escaped for the inside of a string literal.
    public static func append(escaping text: String, to bytes: inout [UInt8]) {
        var text = text
        text.withUTF8 { utf8 in
            var copied = 0
            for index in utf8.indices where needsEscape(utf8[index]) {
                bytes.append(contentsOf: utf8[copied..<index])
                append(escapeOf: utf8[index], to: &bytes)
                copied = index + 1
            }
            bytes.append(contentsOf: utf8[copied...])
        }
    }

    /// The shortest digits that read back as the same number; JSON has no infinities, so those become null.
    public static func append(_ number: Double, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: number.isFinite ? "\(number)".utf8 : "null".utf8)
    }

    /// As for a `Double`, with the digits that a `Float` needs.
    public static func append(_ number: Float, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: number.isFinite ? "\(number)".utf8 : "null".utf8)
    }

    private static func append(_ elements: [JSONValue], to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(element, to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private static func append(_ object: JSONObject, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
        for (index, member) in object.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(quoting: member.key, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            append(member.value, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// DEL need not be escaped, but a terminal that shows the text would act on it.
    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7F
    }

    private static func append(escapeOf byte: UInt8, to bytes: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""): bytes.append(contentsOf: #"\""#.utf8)
        case UInt8(ascii: "\\"): bytes.append(contentsOf: #"\\"#.utf8)
        case UInt8(ascii: "\n"): bytes.append(contentsOf: #"\n"#.utf8)
        case UInt8(ascii: "\r"): bytes.append(contentsOf: #"\r"#.utf8)
        case UInt8(ascii: "\t"): bytes.append(contentsOf: #"\t"#.utf8)
        default:
            bytes.append(contentsOf: #"\u00"#.utf8)
            bytes.append(digit(byte >> 4))
            bytes.append(digit(byte & 15))
        }
    }

    private static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }
}

extension JSONValue: CustomStringConvertible {
    /// Compact JSON text.
    public var description: String { String(decoding: serialized, as: UTF8.self) }

    /// Compact JSON bytes.
    public var serialized: [UInt8] {
        var bytes: [UInt8] = []
        JSONWriter.append(self, to: &bytes)
        return bytes
    }
}
