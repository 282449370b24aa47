/// The escapes of a string literal, as Python reads them.
enum StringEscapes {
    /// nil where a `\x`, `\u` or `\U` lacks digits or names no character.
    static func resolve(_ body: ArraySlice<UInt8>) -> String? {
        guard body.contains(UInt8(ascii: "\\")) else { return String(decoding: body, as: UTF8.self) }
        var result: [UInt8] = []
        var rest = body
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let kind = rest.popFirst() else {
                result.append(byte)
                continue
            }
            if let simple = simple[kind] {
                result.append(simple)
            } else if let width = widths[kind] {
                guard rest.count >= width, let scalar = scalar(rest.prefix(width), radix: 16) else {
                    return nil
                }
                rest.removeFirst(width)
                append(scalar, to: &result)
            } else if isOctal(kind) {
                var digits = [kind]
                while digits.count < 3, let digit = rest.first, isOctal(digit) {
                    digits.append(digit)
                    rest.removeFirst()
                }
                guard let scalar = scalar(digits[...], radix: 8) else { return nil }
                append(scalar, to: &result)
            } else if kind != 0x0A {
                // An unknown escape stands for itself; a backslash before a newline joins the lines.
                result += [byte, kind]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static let simple: [UInt8: UInt8] = [
        UInt8(ascii: "n"): 0x0A, UInt8(ascii: "t"): 0x09, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "\\"): 0x5C,
        UInt8(ascii: "'"): 0x27, UInt8(ascii: "\""): 0x22, UInt8(ascii: "a"): 0x07, UInt8(ascii: "b"): 0x08,
        UInt8(ascii: "f"): 0x0C, UInt8(ascii: "v"): 0x0B,
    ]
    private static let widths: [UInt8: Int] = [
        UInt8(ascii: "x"): 2, UInt8(ascii: "u"): 4, UInt8(ascii: "U"): 8,
    ]

    private static func isOctal(_ byte: UInt8) -> Bool { (0x30...0x37).contains(byte) }

    private static func scalar(_ digits: ArraySlice<UInt8>, radix: Int) -> Unicode.Scalar? {
        UInt32(String(decoding: digits, as: UTF8.self), radix: radix).flatMap(Unicode.Scalar.init)
    }

    private static func append(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: String(scalar).utf8)
    }
}
