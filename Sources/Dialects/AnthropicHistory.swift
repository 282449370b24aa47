internal import JSON

/// Turns a conversation of Anthropic's blocks into the messages that chat templates know.
///
/// | block in                       | becomes                                                   |
/// |--------------------------------|-----------------------------------------------------------|
/// | text                           | content, joined with a line break                         |
/// | system text                    | a system message where it stands                          |
/// | document of text, search_result | content: title, source and text                          |
/// | thinking                       | `reasoning_content`; redacted thinking is dropped         |
/// | tool_use                       | an entry of `tool_calls`                                  |
/// | tool_result                    | a message of role tool, in front of the text that follows |
/// | image, document of bytes       | a line that says so in a tool's result; else refused by   |
/// |                                | name, for dropping it would change the question           |
/// | any other                      | left out: what servers of Anthropic's have noted down     |
///
/// Turns of one role that follow each other become one, as Anthropic does it: some templates insist on
/// alternation. What changes with every request is taken out of texts first; a system text of which nothing
/// is left is no turn.
struct AnthropicHistory {
    private let volatile: VolatileText
    private var turns: [Turn] = []
    /// Which tool a result belongs to; some templates want its name.
    private var toolNames: [String: String] = [:]

    /// What becomes one message.
    ///
    /// Texts are only joined at the end, so that merging stays linear.
    private struct Turn {
        var role: String
        /// What it is made of, in the first place.
        var part: PromptOutline.Part
        var texts: [(text: String, part: PromptOutline.Part)] = []
        var thoughts: [String] = []
        var calls: [JSONValue] = []
        /// Of a tool's result.
        var callID: String?
        var toolName: String?

        mutating func merge(_ other: Turn) {
            texts += other.texts
            thoughts += other.thoughts
            calls += other.calls
        }

        var message: JSONObject {
            var message: JSONObject = ["role": .string(role), "content": .string(joined(texts.map(\.text)))]
            if !thoughts.isEmpty { message["reasoning_content"] = .string(joined(thoughts)) }
            if !calls.isEmpty { message["tool_calls"] = .array(calls) }
            if let callID { message["tool_call_id"] = .string(callID) }
            if let toolName { message["name"] = .string(toolName) }
            return message
        }

        var outline: [PromptOutline.Stretch] {
            var stretches: [PromptOutline.Stretch] = []
            var end = 0
            for (text, part) in texts where !text.isEmpty {
                if end > 0 { end += ChatContext.partSeparator.utf8.count }
                end += text.utf8.count
                stretches.append(PromptOutline.Stretch(end: end, part: part))
            }
            return stretches.isEmpty ? [PromptOutline.Stretch(end: 0, part: part)] : stretches
        }

        private func joined(_ texts: [String]) -> String {
            texts.filter { !$0.isEmpty }.joined(separator: ChatContext.partSeparator)
        }
    }

    init(_ volatile: VolatileText) { self.volatile = volatile }

    /// What the template is given.
    var messages: [JSONObject] { turns.map(\.message) }
    var outline: PromptOutline { PromptOutline(messages: turns.map(\.outline)) }

    mutating func append(system: JSONValue) throws(DialectError) {
        try append(content: system, at: "system", Turn(role: "system", part: .system(nil)))
    }

    /// `hasLaterUser` decides about a system text that is only meant for the turn in which it stands.
    mutating func append(
        _ value: JSONValue,
        at index: Int,
        hasLaterUser: Bool = false
    ) throws(DialectError) {
        let message = try RequestFields(value, at: "messages[\(index)]")
        let role = try message.required("role", try message.text("role"))
        guard ["user", "assistant", "system"].contains(role) else {
            throw .invalid(
                message.name("role"),
                "is \(role.quoted), it must be one of user, assistant, system"
            )
        }
        let turn = Turn(role: role, part: .message(index))
        if role == "system" {
            // One that only configures has no content.
            guard let content = message["content"] else { return }
            if hasLaterUser, try message.text("clear_at") == "next_user_message" { return }
            return try append(content: content, at: message.name("content"), turn)
        }
        let content = try message.required("content", message["content"])
        try append(content: content, at: message.name("content"), turn)
    }

    /// Appends what a message holds to a turn that is empty yet.
    private mutating func append(content: JSONValue, at place: String, _ empty: Turn) throws(DialectError) {
        if let text = content.stringValue {
            var turn = empty
            turn.texts = [(canonical(text, turn), turn.part)]
            return append(turn)
        }
        guard let blocks = content.arrayValue else {
            throw .invalid(place, "must be a string or an array, it is \(content.kindName)")
        }
        // A message of results alone must not leave an empty user turn behind.
        var pending: Turn? = empty
        for (index, element) in blocks.enumerated() {
            let block = try RequestFields(element, at: "\(place)[\(index)]")
            if empty.role == "user", try block.text("type") == "tool_result" {
                if let pending, !pending.texts.isEmpty { append(pending) }
                pending = nil
                turns.append(try toolResult(block, empty.part))
            } else {
                var turn = pending ?? empty
                pending = nil
                try gather(block, index, into: &turn)
                pending = turn
            }
        }
        if let pending { append(pending) }
    }

    private func canonical(_ text: String, _ turn: Turn) -> String {
        volatile.canonical(text, isSystem: turn.role == "system")
    }

    private mutating func append(_ turn: Turn) {
        if turn.role == "system", turn.texts.allSatisfy(\.text.isEmpty) { return }
        if turns.last?.role == turn.role {
            turns[turns.count - 1].merge(turn)
        } else {
            turns.append(turn)
        }
    }

    private mutating func gather(
        _ block: RequestFields,
        _ index: Int,
        into turn: inout Turn
    ) throws(DialectError) {
        let type = try block.required("type", try block.text("type"))
        switch (turn.role, type) {
        case ("assistant", "thinking"):
            turn.thoughts.append(try block.required("thinking", try block.text("thinking")))
        case ("assistant", "tool_use"): turn.calls.append(try toolUse(block))
        case (_, "tool_use"), (_, "tool_result"):
            throw .invalid(
                block.name("type"),
                "is \(type.quoted), which a message of \(turn.role) cannot hold"
            )
        default:
            var part = turn.part
            if case .system = part { part = .system(index) }
            for text in try AnthropicText(block, type).texts {
                turn.texts.append((canonical(text, turn), part))
            }
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

    private func toolResult(
        _ block: RequestFields,
        _ part: PromptOutline.Part
    ) throws(DialectError) -> Turn {
        let id = try block.required("tool_use_id", try block.text("tool_use_id"))
        var turn = Turn(role: "tool", part: part)
        var texts = try resultTexts(block)
        // What says nothing of an error says it nowhere else.
        let hasFailed = try block.flag("is_error") ?? false
        if hasFailed, texts.allSatisfy(\.isEmpty) { texts = ["error"] }
        for text in texts { turn.texts.append((canonical(text, turn), part)) }
        turn.callID = id
        turn.toolName = toolNames[id]
        return turn
    }

    private func resultTexts(_ block: RequestFields) throws(DialectError) -> [String] {
        guard let content = block["content"] else { return [] }
        if let text = content.stringValue { return [text] }
        guard let parts = content.arrayValue else {
            throw block.wrong("content", content, "a string or an array")
        }
        var texts: [String] = []
        for (index, element) in parts.enumerated() {
            let part = try RequestFields(element, at: "\(block.name("content"))[\(index)]")
            let type = try part.required("type", try part.text("type"))
            if let placeholder = try Medium.placeholder(type, part) {
                texts.append(placeholder)
            } else {
                texts += try AnthropicText(part, type).texts
            }
        }
        return texts
    }
}
