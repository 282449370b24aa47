/// The `name=value` pairs of a query string (WHATWG URL, application/x-www-form-urlencoded).
struct QueryItems {
    let items: [(name: String, value: String)]

    init(_ query: String) {
        items = query.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count > 1 ? parts[1] : ""
            return (Self.decoded(parts[0]), Self.decoded(value))
        }
    }

    private static func decoded(_ text: Substring) -> String {
        PercentEncoding.decoded(String(text.map { $0 == "+" ? " " : $0 })[...])
    }
}

/// Percent-encoding of RFC 3986, section 2.1.
enum PercentEncoding {
    /// The decoded text; what is not an encoded byte stays as it is.
    static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let encoded = leadingByte(rest) {
                bytes.append(encoded)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func leadingByte(_ bytes: ArraySlice<UInt8>) -> UInt8? {
        guard bytes.count >= 2, bytes.prefix(2).allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }) else {
            return nil
        }
        return UInt8(String(decoding: bytes.prefix(2), as: UTF8.self), radix: 16)
    }
}
