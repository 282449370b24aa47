/// The header fields of a request, in the order they came, found by name in any case.
///
/// Keeps the bytes of the head once and a pair of ranges per field; text is made only for what is asked for.
public struct HttpHeaders: Sendable {
    struct Field: Sendable {
        var nameStart: UInt32
        var nameEnd: UInt32
        var valueStart: UInt32
        var valueEnd: UInt32

        var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
        var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
    }

    let bytes: [UInt8]
    let fields: [Field]

    public var count: Int { fields.count }

    /// The value of the first field of that name.
    public subscript(name: String) -> String? {
        for field in fields where isNamed(field, name) { return text(field.value) }
        return nil
    }

    /// The values of all fields of that name.
    public func values(_ name: String) -> [String] {
        fields.filter { isNamed($0, name) }.map { text($0.value) }
    }

    /// Every field as it was sent, surrounding white space excepted.
    public var all: [(name: String, value: String)] {
        fields.map { (text($0.name), text($0.value)) }
    }

    private func isNamed(_ field: Field, _ name: String) -> Bool {
        let utf8 = name.utf8
        let range = field.name
        guard utf8.count == range.count else { return false }
        var index = range.lowerBound
        for byte in utf8 {
            if bytes[index].lowercased != byte.lowercased { return false }
            index += 1
        }
        return true
    }

    private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}
