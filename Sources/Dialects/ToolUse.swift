internal import Constraints
public import JSON

/// What a request says about tools: which there are, which of them may be called, and whether one must be.
///
/// Written by the dialect's reading of the request. The prompt shows `tools` unless `choice` is `none`; what
/// is generated may call `callable` alone.
public struct ToolUse: Hashable, Sendable {
    public struct Tool: Hashable, Sendable {
        public var name: String
        public var description: String?
        /// A JSON Schema; nil where the request gives none.
        public var parameters: JSONValue?
        /// The client wants arguments that follow the schema to the letter.
        public var isStrict = false
        /// The request's field that holds the schema.
        var schemaField = ""

        public init(name: String, description: String? = nil, parameters: JSONValue? = nil) {
            self.name = name
            self.description = description
            self.parameters = parameters
        }
    }

    public enum Choice: Hashable, Sendable {
        /// The model calls none, and does not hear of any.
        case none
        case auto
        /// At least one call.
        case required
    }

    public var tools: [Tool] = []
    public var choice = Choice.auto
    /// Names that may be called; nil allows all of `tools`.
    ///
    /// A tool that was chosen by name is the only one here.
    public var allowed: Set<String>?
    /// Whether one answer may hold several calls.
    public var allowsParallelCalls = true
    /// The request spoke of `functions`, before there were tools: the reply has a `function_call`.
    public var saysFunctions = false

    public init() {}

    /// Those of `tools` that the answer may call.
    public var callable: [Tool] {
        guard choice != .none else { return [] }
        guard let allowed else { return tools }
        return tools.filter { allowed.contains($0.name) }
    }

    /// Whether every call of a tool has to satisfy its schema.
    func enforces(_ tool: Tool) -> Bool { choice == .required || tool.isStrict }

    /// Refuses schemas that calls could not be held to.
    func checkSchemas() throws(DialectError) {
        let enforced = callable.filter(enforces)
        guard !enforced.isEmpty else { return }
        var check = ArgumentsCheck()
        for tool in enforced {
            guard let schema = tool.parameters else { continue }
            do throws(ConstraintError) {
                try check.add(schema)
            } catch {
                let rest = "cannot be enforced: \(error)"
                throw error.keyword == nil
                    ? .invalid(tool.schemaField, rest) : .unsupported(tool.schemaField, rest)
            }
        }
    }

    /// What the chat template is given: OpenAI's form, which is what templates know.
    ///
    /// Only what describes the tool; what is meant for the server would be noise in the prompt.
    var forTemplate: [JSONValue] {
        guard choice != .none else { return [] }
        return tools.map { tool in
            var function: JSONObject = ["name": .string(tool.name)]
            if let description = tool.description { function["description"] = .string(description) }
            if let parameters = tool.parameters { function["parameters"] = parameters }
            return ["type": "function", "function": .object(function)]
        }
    }

    /// Only `name`, which must be one of `tools`.
    mutating func allow(only names: [(name: String, place: String)]) throws(DialectError) {
        let known = Set(tools.map(\.name))
        for (name, place) in names where !known.contains(name) {
            throw .invalid(place, "is \(name.quoted), which is none of the request's tools")
        }
        allowed = Set(names.map(\.name))
    }

    /// A choice that needs a tool, in a request without one.
    func check(_ place: String) throws(DialectError) {
        guard choice == .required, callable.isEmpty else { return }
        throw .invalid(place, "asks for a call, and the request has no tools")
    }
}
