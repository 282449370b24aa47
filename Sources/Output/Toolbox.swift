public import JSON

/// The tools that a request offers, as far as reading calls needs them: names, and what their parameters are.
public struct Toolbox: Sendable {
    private var tools: [String: Tool] = [:]

    /// Longer names cannot be called; both APIs allow 128 at most.
    private static let nameBytes = 200

    /// `tools` as chat templates are given them: `{"type": "function", "function": {"name", "parameters"}}`.
    ///
    /// What has no name, or one that is too long, is left out.
    public init(_ tools: [JSONValue] = []) {
        for value in tools {
            let function = value["function"] ?? value
            guard let name = function["name"]?.stringValue, name.utf8.count <= Self.nameBytes else {
                continue
            }
            self.tools[name] = Tool(function["parameters"])
        }
    }

    public var isEmpty: Bool { tools.isEmpty }

    /// The tool that is meant by a name as a model writes it; nil where there is none.
    ///
    /// Some put the place of a function before its name, or a count behind it.
    func resolve(_ written: String) -> String? {
        if tools[written] != nil { return written }
        var name = written[...]
        if let colon = name.lastIndex(of: ":"), name[colon...].dropFirst().allSatisfy(\.isNumber) {
            name = name[..<colon]
        }
        for prefix in ["functions.", "default_api."] where name.hasPrefix(prefix) {
            name = name.dropFirst(prefix.count)
        }
        if name.hasSuffix(".call") { name = name.dropLast(5) }
        return tools[String(name)] == nil ? nil : String(name)
    }

    func tool(_ name: String) -> Tool { tools[name] ?? Tool(nil) }
}

/// One tool's parameters.
struct Tool: Sendable {
    /// In the order of the schema.
    private(set) var parameters: [String] = []
    private var kinds: [String: Set<JSONKind>] = [:]

    init(_ schema: JSONValue?) {
        for (name, parameter) in schema?["properties"]?.objectValue ?? [:] {
            parameters.append(name)
            kinds[name] = JSONKind.kinds(in: parameter, of: schema ?? [:], depthLeft: JSONKind.schemaDepth)
        }
    }

    /// What a parameter may be; empty where the schema does not say.
    func kinds(of parameter: String) -> Set<JSONKind> { kinds[parameter] ?? [] }
}

/// The kinds of JSON values that schemas tell apart.
enum JSONKind: String, Sendable {
    case string
    case integer
    case number
    case boolean
    case object
    case array
    case null

    static let schemaDepth = 8

    /// All that a part of a schema allows; empty where it does not say.
    static func kinds(in schema: JSONValue, of whole: JSONValue, depthLeft: Int) -> Set<JSONKind> {
        var kinds: Set<JSONKind> = []
        if let name = schema["type"]?.stringValue {
            kinds.formUnion([JSONKind(rawValue: name)].compactMap(\.self))
        }
        for name in schema["type"]?.arrayValue ?? [] {
            kinds.formUnion([name.stringValue.flatMap(JSONKind.init)].compactMap(\.self))
        }
        if kinds.isEmpty {
            let values = schema["enum"]?.arrayValue ?? schema["const"].map { [$0] } ?? []
            kinds = Set(values.map(JSONKind.init(of:)))
        }
        guard depthLeft > 0 else { return kinds }
        if let reference = schema["$ref"]?.stringValue, let part = Self.part(reference, of: whole) {
            kinds.formUnion(Self.kinds(in: part, of: whole, depthLeft: depthLeft - 1))
        }
        for keyword in ["anyOf", "oneOf", "allOf"] {
            for choice in schema[keyword]?.arrayValue ?? [] {
                kinds.formUnion(Self.kinds(in: choice, of: whole, depthLeft: depthLeft - 1))
            }
        }
        return kinds
    }

    /// What a reference within a schema leads to.
    private static func part(_ reference: String, of whole: JSONValue) -> JSONValue? {
        guard reference.hasPrefix("#/") else { return nil }
        var value = whole
        for key in reference.dropFirst(2).split(separator: "/", omittingEmptySubsequences: false) {
            let name = key.replacing("~1", with: "/").replacing("~0", with: "~")
            guard let next = value[String(name)] else { return nil }
            value = next
        }
        return value
    }

    init(of value: JSONValue) {
        switch value {
        case .null: self = .null
        case .bool: self = .boolean
        case .integer: self = .integer
        case .number: self = .number
        case .string: self = .string
        case .array: self = .array
        case .object: self = .object
        }
    }

    /// Whether a value of this kind is one of `kinds`.
    func isAllowed(by kinds: Set<JSONKind>) -> Bool {
        kinds.contains(self) || self == .integer && kinds.contains(.number)
    }
}
