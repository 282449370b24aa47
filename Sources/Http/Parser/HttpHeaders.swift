/// The header fields of a request, in the order they came, found by name in any case.
public struct HttpHeaders: Sendable {
    let storage: HeadStorage

    public var count: Int { storage.fields.count }

    /// The value of the first field of that name.
    public subscript(name: String) -> String? {
        for field in storage.fields where isNamed(field, name) { return storage.text(field.value) }
        return nil
    }

    /// The values of all fields of that name.
    public func values(_ name: String) -> [String] {
        storage.fields.filter { isNamed($0, name) }.map { storage.text($0.value) }
    }

    /// Every field as it was sent, surrounding white space excepted.
    public var all: [(name: String, value: String)] {
        storage.fields.map { (storage.text($0.name), storage.text($0.value)) }
    }

    private func isNamed(_ field: HeadStorage.Field, _ name: String) -> Bool {
        let utf8 = name.utf8
        let range = field.name
        guard utf8.count == range.count else { return false }
        var index = range.lowerBound
        for byte in utf8 {
            if storage.bytes[index].lowercased != byte.lowercased { return false }
            index += 1
        }
        return true
    }
}
