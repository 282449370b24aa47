/// The methods of Python's dictionaries; those that would change one are refused, as in Jinja's sandbox.
enum DictionaryMethod: String {
    case get
    case items
    case keys
    case values
    case copy
    case clear
    case pop
    case popitem
    case setdefault
    case update
}

extension Renderer {
    func call(
        _ method: DictionaryMethod,
        _ dictionary: Dictionary,
        _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        switch method {
        case .get:
            let values = try arguments.bound(to: ["key", "default"], of: "get")
            guard let key = values[0] else { throw TemplateError("get() misses an argument") }
            try charge(key.weight)
            return dictionary[key] ?? values[1] ?? .none
        case .items: return try items(of: dictionary)
        case .keys: return try list(dictionary.members.map(\.key))
        case .values: return try list(dictionary.members.map(\.value))
        case .copy: return .dictionary(dictionary)
        case .clear, .pop, .popitem, .setdefault, .update: throw refusedChange("dict", method.rawValue)
        }
    }

    func items(of dictionary: Dictionary) throws(TemplateError) -> Value {
        try charge(elements: dictionary.members.count)
        return try list(dictionary.members.map { .tuple(List([$0.key, $0.value])) })
    }

    func callListMethod(_ name: String, _ list: List, _ arguments: Arguments) throws(TemplateError) -> Value?
    {
        switch name {
        case "count", "index":
            guard let wanted = try arguments.bound(to: ["value"], of: name)[0] else {
                throw TemplateError("\(name)() misses an argument")
            }
            try charge(list.weight)
            if name == "count" { return .integer(list.elements.count { $0.isEqual(to: wanted) }) }
            guard let place = list.elements.firstIndex(where: { $0.isEqual(to: wanted) }) else {
                throw TemplateError("the value is not in the list")
            }
            return .integer(place)
        case "append", "extend", "insert", "pop", "remove", "reverse", "sort", "clear":
            throw refusedChange("list", name)
        default: return nil
        }
    }

    func callLoopMethod(_ name: String, _ loop: Loop, _ arguments: Arguments) throws(TemplateError) -> Value?
    {
        switch name {
        case "cycle":
            guard !arguments.positional.isEmpty else { throw TemplateError("no items for cycling given") }
            return arguments.positional[loop.index % arguments.positional.count]
        case "changed":
            try charge(Value.weight(of: arguments.positional))
            let last = loop.lastChanged
            loop.lastChanged = arguments.positional
            guard let last, last.count == arguments.positional.count else { return .bool(true) }
            return .bool(!zip(last, arguments.positional).allSatisfy { $0.isEqual(to: $1) })
        default: return nil
        }
    }

    private func refusedChange(_ type: String, _ method: String) -> TemplateError {
        TemplateError("access to attribute '\(method)' of '\(type)' object is unsafe.")
    }
}
