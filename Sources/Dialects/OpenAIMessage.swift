internal import JSON

/// One message of an OpenAI chat, checked and put into the form of chat templates.
struct OpenAIMessage {
    private let fields: RequestFields

    /// Other words for the roles that templates know.
    private static let roles = [
        "system": "system", "developer": "system", "user": "user", "assistant": "assistant", "tool": "tool",
        "function": "tool",
    ]

    init(_ value: JSONValue, at index: Int) throws(DialectError) {
        fields = try RequestFields(value, at: "messages[\(index)]")
    }

    func forTemplate() throws(DialectError) -> JSONObject {
        let asked = try fields.required("role", try fields.text("role"))
        guard let role = Self.roles[asked] else {
            throw .invalid(
                fields.name("role"),
                "is \(asked.quoted), it must be one of system, developer, user, assistant, tool, function"
            )
        }
        var message: JSONObject = ["role": .string(role)]
        let calls = role == "assistant" ? try toolCalls() : []
        message["content"] = .string(try content(mayBeAbsent: role == "assistant"))
        if role == "assistant" {
            try UnsupportedField("audio").check(fields)
            try UnsupportedField("function_call").check(fields)
            let other = try fields.text("reasoning")
            let reasoning = try fields.text("reasoning_content") ?? other
            if let reasoning { message["reasoning_content"] = .string(reasoning) }
        }
        if !calls.isEmpty { message["tool_calls"] = .array(calls) }
        if let id = try fields.text("tool_call_id") { message["tool_call_id"] = .string(id) }
        if let name = try fields.text("name") { message["name"] = .string(name) }
        return message
    }

    private func content(mayBeAbsent: Bool) throws(DialectError) -> String {
        guard let value = fields["content"] else {
            guard mayBeAbsent else { throw .invalid(fields.name("content"), "is required") }
            return try fields.text("refusal") ?? ""
        }
        if let text = value.stringValue { return text }
        guard let parts = value.arrayValue else {
            throw fields.wrong("content", value, "a string or an array")
        }
        var texts: [String] = []
        for (index, part) in parts.enumerated() {
            let inside = try RequestFields(part, at: "\(fields.name("content"))[\(index)]")
            let type = try inside.required("type", try inside.text("type"))
            switch type {
            case "text", "refusal": texts.append(try inside.required(type, try inside.text(type)))
            default:
                throw .unsupported(
                    inside.name("type"),
                    "is \(type.quoted), only text is supported by this server"
                )
            }
        }
        return texts.joined(separator: ChatContext.partSeparator)
    }

    /// Templates write a call's arguments as JSON of their own style, so they get the object and not its
    /// text; a text that is no object is passed as it is.
    private func toolCalls() throws(DialectError) -> [JSONValue] {
        guard let elements = try fields.elements("tool_calls", atMost: RequestLimits.toolCount) else {
            return []
        }
        var calls: [JSONValue] = []
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
            let name = try function.required("name", try function.text("name"))
            var made: JSONObject = [:]
            if let id = try call.text("id") { made["id"] = .string(id) }
            made["type"] = "function"
            made["function"] = ["name": .string(name), "arguments": try arguments(of: function)]
            calls.append(.object(made))
        }
        return calls
    }

    private func arguments(of function: RequestFields) throws(DialectError) -> JSONValue {
        guard let value = function["arguments"] else { return [:] }
        if case .object = value { return value }
        guard let text = value.stringValue else { throw function.wrong("arguments", value, "a string") }
        guard let parsed = try? JSONValue(parsing: text, limits: RequestLimits.toolArguments),
            case .object = parsed
        else { return .string(text) }
        return parsed
    }
}
