internal import JSON

/// Turns a conversation of Anthropic's blocks into the messages that chat templates know.
///
/// | block in          | becomes                                                  |
/// |-------------------|----------------------------------------------------------|
/// | text              | content, joined with a line break                        |
/// | system text       | a system message where it stands                         |
/// | thinking          | `reasoning_content`; redacted thinking is dropped        |
/// | tool_use          | an entry of `tool_calls`                                 |
/// | tool_result       | a message of role tool, in front of the text that follows |
///
/// Turns of one role that follow each other become one, as Anthropic does it.
struct AnthropicHistory {
    private(set) var context = ChatContext()
    /// Which tool a result belongs to; some templates want its name.
    private var toolNames: [String: String] = [:]

    /// What is gathered of one message before it is appended.
    private struct Turn {
        var texts: [String] = []
        var thoughts: [String] = []
        var calls: [JSONValue] = []

        func message(role: String) -> JSONObject {
            var message: JSONObject = ["role": .string(role)]
            message["content"] = .string(texts.joined(separator: ChatContext.partSeparator))
            if !thoughts.isEmpty {
                message["reasoning_content"] = .string(thoughts.joined(separator: ChatContext.partSeparator))
            }
            if !calls.isEmpty { message["tool_calls"] = .array(calls) }
            return message
        }
    }

    mutating func append(system: JSONValue) throws(DialectError) {
        try append(content: system, at: "system", role: "system")
    }

    mutating func append(_ value: JSONValue, at index: Int) throws(DialectError) {
        let message = try RequestFields(value, at: "messages[\(index)]")
        let role = try message.required("role", try message.text("role"))
        guard ["user", "assistant", "system"].contains(role) else {
            throw .invalid(
                message.name("role"),
                "is \(role.quoted), it must be one of user, assistant, system"
            )
        }
        let content = try message.required("content", message["content"])
        try append(content: content, at: message.name("content"), role: role)
    }

    private mutating func append(content: JSONValue, at place: String, role: String) throws(DialectError) {
        var turn = Turn()
        if let text = content.stringValue {
            turn.texts = [text]
            return context.appendMerging(turn.message(role: role))
        }
        guard let blocks = content.arrayValue else {
            throw .invalid(place, "must be a string or an array, it is \(content.kindName)")
        }
        var shown = false
        for (index, element) in blocks.enumerated() {
            let block = try RequestFields(element, at: "\(place)[\(index)]")
            if role == "user", try block.text("type") == "tool_result" {
                if !turn.texts.isEmpty { context.appendMerging(turn.message(role: role)) }
                turn = Turn()
                context.append(try toolResult(block))
                shown = true
            } else {
                try gather(block, role, into: &turn)
            }
        }
        // A message of results alone must not leave an empty user turn behind.
        if !shown || !turn.texts.isEmpty { context.appendMerging(turn.message(role: role)) }
    }

    private mutating func gather(
        _ block: RequestFields,
        _ role: String,
        into turn: inout Turn
    ) throws(DialectError) {
        let type = try block.required("type", try block.text("type"))
        switch (role, type) {
        case (_, "text"): turn.texts.append(try block.required("text", try block.text("text")))
        case ("assistant", "thinking"):
            turn.thoughts.append(try block.required("thinking", try block.text("thinking")))
        case ("assistant", "redacted_thinking"): break
        case ("assistant", "tool_use"): turn.calls.append(try toolUse(block))
        default: throw unsupported(block, type)
        }
    }

    private mutating func toolUse(_ block: RequestFields) throws(DialectError) -> JSONValue {
        let id = try block.required("id", try block.text("id"))
        let name = try block.required("name", try block.text("name"))
        let input = try block.members("input") ?? [:]
        toolNames[id] = name
        return [
            "id": .string(id), "type": "function",
            "function": ["name": .string(name), "arguments": .object(input)],
        ]
    }

    private func toolResult(_ block: RequestFields) throws(DialectError) -> JSONObject {
        let id = try block.required("tool_use_id", try block.text("tool_use_id"))
        var message: JSONObject = ["role": "tool", "content": .string(try resultText(block))]
        message["tool_call_id"] = .string(id)
        if let name = toolNames[id] { message["name"] = .string(name) }
        return message
    }

    private func resultText(_ block: RequestFields) throws(DialectError) -> String {
        guard let content = block["content"] else { return "" }
        if let text = content.stringValue { return text }
        guard let parts = content.arrayValue else {
            throw block.wrong("content", content, "a string or an array")
        }
        var texts: [String] = []
        for (index, element) in parts.enumerated() {
            let part = try RequestFields(element, at: "\(block.name("content"))[\(index)]")
            let type = try part.required("type", try part.text("type"))
            guard type == "text" else { throw unsupported(part, type) }
            texts.append(try part.required("text", try part.text("text")))
        }
        return texts.joined(separator: ChatContext.partSeparator)
    }

    private func unsupported(_ block: RequestFields, _ type: String) -> DialectError {
        .unsupported(block.name("type"), "is \(type.quoted), which is not supported here by this server")
    }
}
