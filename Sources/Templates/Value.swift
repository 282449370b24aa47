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
    /// Text that is marked as safe for HTML: what is put beside it gets escaped.
    case markup(String)
    case list(List)
    case tuple(List)
    case dictionary(Dictionary)
    case iterable(Iterable)
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

    /// Markup stays markup: a text that was made of this one.
    func sibling(_ text: String) -> Value {
        if case .markup = self { return .markup(text) }
        return .string(text)
    }

    /// 0 for a value without parts.
    var depth: Int {
        switch self {
        case .list(let list), .tuple(let list): list.depth
        case .dictionary(let dictionary): dictionary.depth
        case .iterable(let iterable): iterable.depth
        case .loop(let loop): loop.depth
        case .callable(let callable): callable.depth
        default: 0
        }
    }

    var isUndefined: Bool { if case .undefined = self { true } else { false } }

    var isNone: Bool { if case .none = self { true } else { false } }

    /// What Python calls true.
    var isTrue: Bool {
        switch self {
        case .undefined, .none: false
        case .bool(let flag): flag
        case .integer(let value): value != 0
        case .float(let value): value != 0
        case .string(let text), .markup(let text): !text.isEmpty
        case .list(let list), .tuple(let list): !list.elements.isEmpty
        case .dictionary(let dictionary): !dictionary.members.isEmpty
        case .iterable(let iterable): iterable.count != 0
        case .namespace, .loop, .callable: true
        }
    }

    /// As Python's messages name it.
    var typeName: String {
        switch self {
        case .undefined: "Undefined"
        case .none: "NoneType"
        case .bool: "bool"
        case .integer: "int"
        case .float: "float"
        case .string: "str"
        case .markup: "Markup"
        case .list: "list"
        case .tuple: "tuple"
        case .dictionary: "dict"
        case .iterable(let iterable): iterable.kind.rawValue
        case .namespace: "TemplateNamespace"
        case .loop: "LoopContext"
        case .callable(let callable): callable.typeName
        }
    }

    /// As Jinja's messages name the owner of a member that does not exist.
    var ownerName: String {
        switch self {
        case .none: "None"
        case .markup: "markupsafe.Markup object"
        default: typeName + " object"
        }
    }

    var asText: String? {
        switch self {
        case .string(let text), .markup(let text): text
        default: nil
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
