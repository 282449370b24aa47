internal import JSON

/// A JSON Schema document, whose parts are numbered as they are asked for.
struct SchemaDocument {
    private let root: JSONValue
    private var values: [JSONValue] = []
    private var paths: [String] = []
    private var numbers: [String: Int] = [:]

    init(_ root: JSONValue) {
        self.root = root
        _ = number(of: root, at: "#")
    }

    func value(_ schema: Int) -> JSONValue { values[schema] }

    func path(_ schema: Int) -> String { paths[schema] }

    /// The number of a part.
    mutating func number(of value: JSONValue, at path: String) -> Int {
        if let number = numbers[path] { return number }
        values.append(value)
        paths.append(path)
        numbers[path] = values.count - 1
        return values.count - 1
    }

    /// The part that a `$ref` names.
    mutating func resolve(_ reference: String, at path: String) throws(ConstraintError) -> Int {
        guard reference == "#" || reference.hasPrefix("#/") else {
            throw .unsupported("$ref", at: path, "is only supported within the schema, it is \(reference)")
        }
        var value = root
        var place = "#"
        for token in reference.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            let key = Self.decoded(String(token))
            place += "/" + Self.encoded(key)
            let next: JSONValue?
            if case .array(let elements) = value, let index = Int(key), elements.indices.contains(index) {
                next = elements[index]
            } else {
                next = value[key]
            }
            guard let next else {
                throw ConstraintError("\"$ref\" leads nowhere: \(reference)", at: path, keyword: "$ref")
            }
            value = next
        }
        return number(of: value, at: place)
    }

    static func encoded(_ key: String) -> String {
        guard key.contains(where: { $0 == "~" || $0 == "/" }) else { return key }
        return key.map { $0 == "~" ? "~0" : $0 == "/" ? "~1" : String($0) }.joined()
    }

    /// A token of a pointer, free of `~0`, `~1` and percent signs.
    private static func decoded(_ token: String) -> String {
        var bytes: [UInt8] = []
        let all = Array(token.utf8)
        var place = 0
        while place < all.count {
            if all[place] == UInt8(ascii: "%"), place + 2 < all.count,
                let value = UInt8(String(decoding: all[place + 1...place + 2], as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                place += 3
            } else if all[place] == UInt8(ascii: "~"), place + 1 < all.count,
                all[place + 1] == UInt8(ascii: "0") || all[place + 1] == UInt8(ascii: "1")
            {
                bytes.append(all[place + 1] == UInt8(ascii: "0") ? UInt8(ascii: "~") : UInt8(ascii: "/"))
                place += 2
            } else {
                bytes.append(all[place])
                place += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
