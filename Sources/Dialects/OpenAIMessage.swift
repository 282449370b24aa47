internal import JSON

/// One message of an OpenAI chat, checked.
struct OpenAIMessage {
    /// As templates know it.
    let role: String
    private let fields: RequestFields

    /// Other words for the roles that templates know.
    private static let roles = [
        "system": "system", "developer": "system", "user": "user", "assistant": "assistant", "tool": "tool",
        "function": "tool",
    ]

    init(_ value: JSONValue, at index: Int) throws(DialectError) {
        fields = try RequestFields(value, at: "messages[\(index)]")
        let asked = try fields.required("role", try fields.text("role"))
        guard let role = Self.roles[asked] else {
            throw .invalid(
                fields.name("role"),
                "is \(asked.quoted), it must be one of system, developer, user, assistant, tool, function"
            )
        }
        self.role = role
    }

    func name() throws(DialectError) -> String? { try fields.text("name") }
    func callID() throws(DialectError) -> String? { try fields.text("tool_call_id") }

    func content(_ volatile: VolatileText) throws(DialectError) -> MessageContent {
        let refusal = role == "assistant" ? try fields.text("refusal") : nil
        guard let value = fields["content"] else {
            // A function may have had nothing to say.
            guard role == "assistant" || fields["role"] == "function" else {
                throw .invalid(fields.name("content"), "is required")
            }
            return MessageContent(text: refusal ?? "")
        }
        return try MessageContent(
            openAI: value,
            at: fields.name("content"),
            isToolResult: role == "tool"
        ) { volatile.canonical($0, isSystem: role == "system") }
    }

    /// What was thought before the answer, under whichever name the client knows it; nil if nothing was.
    func reasoning(besides content: MessageContent) throws(DialectError) -> String? {
        var thoughts: [String] = []
        for name in ["reasoning_content", "reasoning", "thinking"] {
            if let text = try fields.text(name), !text.isEmpty { thoughts.append(text) }
        }
        return thoughts.first ?? (content.thoughts.isEmpty ? nil : content.thoughts)
    }

    func toolCalls() throws(DialectError) -> [OpenAIToolCall] {
        guard let elements = try fields.elements("tool_calls", atMost: RequestLimits.toolCount) else {
            return []
        }
        var calls: [OpenAIToolCall] = []
        for (index, element) in elements.enumerated() {
            let call = try RequestFields(element, at: "\(fields.name("tool_calls"))[\(index)]")
            let type = try call.text("type") ?? "function"
            guard type == "function" else {
                throw .unsupported(call.name("type"), "is \(type.quoted), only function calls are supported")
            }
            let function = try RequestFields(
                try call.required("function", call["function"]),
                at: call.name("function")
            )
            calls.append(try OpenAIToolCall(function, id: try call.text("id")))
        }
        return calls
    }

    /// The one call that an answer could hold before there were `tool_calls`.
    func functionCall(id: String) throws(DialectError) -> OpenAIToolCall? {
        guard let value = fields["function_call"] else { return nil }
        return try OpenAIToolCall(RequestFields(value, at: fields.name("function_call")), id: id)
    }
}

/// A call that an earlier answer made.
struct OpenAIToolCall {
    var id: String?
    var name: String
    /// Templates write arguments as JSON of their own style, so they get the object and not its text; a text
    /// that is no object is passed as it is.
    var arguments: JSONValue

    init(_ function: RequestFields, id: String?) throws(DialectError) {
        self.id = id
        name = try function.required("name", try function.text("name"))
        arguments = try Self.arguments(of: function)
    }

    var forTemplate: JSONValue {
        var made: JSONObject = [:]
        if let id { made["id"] = .string(id) }
        made["type"] = "function"
        made["function"] = ["name": .string(name), "arguments": arguments]
        return .object(made)
    }

    private static func arguments(of function: RequestFields) throws(DialectError) -> JSONValue {
        guard let value = function["arguments"] else { return [:] }
        if case .object = value { return value }
        guard let text = value.stringValue else { throw function.wrong("arguments", value, "a string") }
        // What a function without parameters is called with.
        guard text.utf8.contains(where: { $0 > UInt8(ascii: " ") }) else { return [:] }
        guard let parsed = try? JSONValue(parsing: text, limits: RequestLimits.toolArguments),
            case .object = parsed
        else { return .string(text) }
        return parsed
    }
}
