/// The methods of Python's dictionaries that change nothing.
enum DictionaryMethod: String {
    case copy
    case get
    case items
    case keys
    case values

    /// These would change the dictionary.
    static let refused: Set<String> = ["clear", "pop", "popitem", "setdefault", "update"]
}

extension Renderer {
    func call(
        _ method: DictionaryMethod,
        _ dictionary: Dictionary,
        _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        switch method {
        case .get:
            guard arguments.named.isEmpty else { throw TemplateError("get() takes no keyword arguments") }
            let values = try arguments.bound(to: ["key", "default"], of: "get")
            guard let key = values[0] else { throw TemplateError("get expected at least 1 argument, got 0") }
            try charge(key.weight)
            guard Key(key) != nil else { throw TemplateError("unhashable type: '\(key.typeName)'") }
            return dictionary[key] ?? values[1] ?? .none
        case .items, .keys, .values, .copy:
            _ = try arguments.bound(to: [], of: method.rawValue)
            return try view(method, dictionary)
        }
    }

    private func view(_ method: DictionaryMethod, _ dictionary: Dictionary) throws(TemplateError) -> Value {
        switch method {
        case .items: try iterable(.items, try items(of: dictionary))
        case .keys: try iterable(.keys, dictionary.members.map(\.key))
        case .values: try iterable(.values, dictionary.members.map(\.value))
        default: .dictionary(dictionary)
        }
    }

    func items(of dictionary: Dictionary) throws(TemplateError) -> [Value] {
        try charge(elements: dictionary.members.count)
        var items: [Value] = []
        for member in dictionary.members { items.append(try tuple([member.key, member.value])) }
        return items
    }
}
