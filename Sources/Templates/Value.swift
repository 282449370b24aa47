internal import JSON

/// Anything that a template can hold: the values of Python that matter here.
///
/// Values never change; a template that wants to change one is refused, as in Jinja's sandbox. Lists and
/// dictionaries know their depth, so that no chain of them can grow longer than the stack that walks or frees
/// it.
enum Value {
    /// A name or member that does not exist; what it says when somebody uses it.
    indirect case undefined(String)
    case none
    case bool(Bool)
    case integer(Int)
    case float(Double)
    case string(String)
    case list(List)
    case tuple(List)
    case dictionary(Dictionary)
    case namespace(Namespace)
    case loop(Loop)
    case callable(Callable)

    init(_ json: JSONValue) {
        switch json {
        case .null: self = .none
        case .bool(let flag): self = .bool(flag)
        case .integer(let value): self = .integer(Int(value))
        case .number(let value): self = .float(value)
        case .string(let text): self = .string(text)
        case .array(let elements): self = .list(List(elements.map { Value($0) }))
        case .object(let object): self = .dictionary(Dictionary(object))
        }
    }

    init(_ literal: Literal) {
        switch literal {
        case .none: self = .none
        case .bool(let flag): self = .bool(flag)
        case .integer(let value): self = .integer(value)
        case .float(let value): self = .float(value)
        case .string(let text): self = .string(text)
        }
    }

    /// 0 for a value without parts.
    var depth: Int {
        switch self {
        case .list(let list), .tuple(let list): list.depth
        case .dictionary(let dictionary): dictionary.depth
        case .loop(let loop): loop.depth
        case .callable(let callable): callable.depth
        default: 0
        }
    }

    var isText: Bool { if case .string = self { true } else { false } }

    var isUndefined: Bool { if case .undefined = self { true } else { false } }

    /// What Python calls true.
    var isTrue: Bool {
        switch self {
        case .undefined, .none: false
        case .bool(let flag): flag
        case .integer(let value): value != 0
        case .float(let value): value != 0
        case .string(let text): !text.isEmpty
        case .list(let list), .tuple(let list): !list.elements.isEmpty
        case .dictionary(let dictionary): !dictionary.members.isEmpty
        case .namespace, .loop, .callable: true
        }
    }

    /// As Jinja's messages name it.
    var typeName: String {
        switch self {
        case .undefined: "Undefined"
        case .none: "NoneType"
        case .bool: "bool"
        case .integer: "int"
        case .float: "float"
        case .string: "str"
        case .list: "list"
        case .tuple: "tuple"
        case .dictionary: "dict"
        case .namespace: "Namespace"
        case .loop: "LoopContext"
        case .callable: "function"
        }
    }

    /// A bool counts as 0 or 1, as in Python.
    var asInteger: Int? {
        switch self {
        case .bool(let flag): flag ? 1 : 0
        case .integer(let value): value
        default: nil
        }
    }

    var asDouble: Double? {
        if case .float(let value) = self { return value }
        return asInteger.map(Double.init)
    }
}

/// Several values in order.
struct List {
    let elements: [Value]
    let depth: Int
    /// The work of walking through all of it, kept because a list can hold another a thousand times over.
    let weight: Int

    init(_ elements: [Value]) {
        self.elements = elements
        depth = 1 + (elements.lazy.map(\.depth).max() ?? 0)
        weight = Value.weight(of: elements)
    }
}

/// Values by key, in the order in which they were written.
final class Dictionary {
    let members: [(key: Value, value: Value)]
    let depth: Int
    let weight: Int
    /// Only filled above a size where looking through `members` would be slow.
    private let places: [Key: Int]

    private static let indexedFrom = 8

    init(_ object: JSONObject) {
        members = object.members.map { (.string($0.key), Value($0.value)) }
        depth = 1 + (members.lazy.map(\.value.depth).max() ?? 0)
        weight = Value.weight(of: members.lazy.map(\.value))
        places = Self.places(members)
    }

    /// Of two members with the same key the later value counts, at the earlier place.
    ///
    /// Keys must be hashable.
    init(_ given: [(key: Value, value: Value)]) {
        var unique: [(key: Value, value: Value)] = []
        var seen: [Key: Int] = [:]
        for member in given {
            guard let key = Key(member.key) else { continue }
            if let place = seen[key] {
                unique[place].value = member.value
            } else {
                seen[key] = unique.count
                unique.append(member)
            }
        }
        members = unique
        depth = 1 + (unique.lazy.map { max($0.key.depth, $0.value.depth) }.max() ?? 0)
        weight = Value.weight(of: unique.lazy.map(\.key)).addingSaturated(
            Value.weight(of: unique.lazy.map(\.value))
        )
        places = unique.count > Self.indexedFrom ? seen : [:]
    }

    subscript(_ key: Value) -> Value? {
        guard let wanted = Key(key) else { return nil }
        if members.count > Self.indexedFrom { return places[wanted].map { members[$0].value } }
        return members.first { Key($0.key) == wanted }?.value
    }

    private static func places(_ members: [(key: Value, value: Value)]) -> [Key: Int] {
        guard members.count > indexedFrom else { return [:] }
        var places: [Key: Int] = [:]
        for (index, member) in members.enumerated() {
            if let key = Key(member.key) { places[key] = index }
        }
        return places
    }
}

/// What can be looked up: strings by their code points (Swift would take é for e and accent), and 1 is 1.0 is
/// true.
enum Key: Hashable {
    case text(Text)
    case integer(Int)
    case float(Double)
    case none
    case tuple([Key])

    struct Text: Hashable {
        var string: String

        static func == (left: Text, right: Text) -> Bool { left.string.isSame(as: right.string) }

        func hash(into hasher: inout Hasher) {
            for byte in string.utf8 { hasher.combine(byte) }
        }
    }

    /// nil for what Python cannot hash, and for what nobody looks up.
    init?(_ value: Value) {
        switch value {
        case .string(let text): self = .text(Text(string: text))
        case .bool(let flag): self = .integer(flag ? 1 : 0)
        case .integer(let value): self = .integer(value)
        case .float(let value): self = Int(exactly: value).map(Key.integer) ?? .float(value)
        case .none: self = .none
        case .tuple(let list):
            var keys: [Key] = []
            for element in list.elements {
                guard let key = Key(element) else { return nil }
                keys.append(key)
            }
            self = .tuple(keys)
        default: return nil
        }
    }
}

/// What `namespace()` makes: the only thing that a template can change.
final class Namespace {
    var members: [(name: String, value: Value)] = []

    subscript(_ name: String) -> Value? {
        get { members.first { $0.name.isSame(as: name) }?.value }
        set {
            guard let newValue else { return }
            if let place = members.firstIndex(where: { $0.name.isSame(as: name) }) {
                members[place].value = newValue
            } else {
                members.append((name, newValue))
            }
        }
    }
}

/// What `loop` is inside of a loop.
final class Loop {
    let elements: [Value]
    let depth: Int
    var index = 0
    var lastChanged: [Value]?

    init(_ elements: [Value]) {
        self.elements = elements
        depth = 1 + (elements.lazy.map(\.depth).max() ?? 0)
    }

    func member(_ name: String) -> Value? {
        switch name {
        case "index": .integer(index + 1)
        case "index0": .integer(index)
        case "revindex": .integer(elements.count - index)
        case "revindex0": .integer(elements.count - index - 1)
        case "first": .bool(index == 0)
        case "last": .bool(index == elements.count - 1)
        case "length": .integer(elements.count)
        case "depth": .integer(1)
        case "depth0": .integer(0)
        case "previtem": index > 0 ? elements[index - 1] : .undefined("there is no previous item")
        case "nextitem":
            index + 1 < elements.count ? elements[index + 1] : .undefined("there is no next item")
        default: nil
        }
    }
}

/// A function: of the language, of a value, or a macro.
final class Callable {
    let name: String
    /// That of the value whose method this is.
    let depth: Int
    let call: (Renderer, Arguments) throws(TemplateError) -> Value

    init(
        _ name: String,
        depth: Int = 0,
        _ call: @escaping (Renderer, Arguments) throws(TemplateError) -> Value
    ) {
        self.name = name
        self.depth = depth
        self.call = call
    }
}

extension String {
    /// The same code points; Swift's `==` would also take canonically equivalent ones.
    func isSame(as other: String) -> Bool { utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8) }
}
