internal import JSON

/// Turns the items of a conversation into the messages of a chat, and those into what templates know.
///
/// What a model says in one turn is several items: its thought, its text and its calls become one message of
/// the assistant. A turn ends where somebody else speaks, where a thought follows anything else, and where a
/// text follows a text or a call.
struct ResponseHistory {
    /// What the assistant said so far in this turn.
    private struct Turn {
        var thoughts: [String] = []
        var text: String?
        var calls: [JSONValue] = []

        var isEmpty: Bool { thoughts.isEmpty && text == nil && calls.isEmpty }

        var message: JSONObject {
            var message: JSONObject = ["role": "assistant", "content": .string(text ?? "")]
            if !thoughts.isEmpty {
                message["reasoning_content"] = .string(
                    thoughts.joined(separator: ChatContext.partSeparator)
                )
            }
            if !calls.isEmpty { message["tool_calls"] = .array(calls) }
            return message
        }
    }

    /// In front of a thought that is given back as it was told.
    static let seal = "thought:"

    private var chat: OpenAIHistory
    private var turn = Turn()
    private var count = 0

    /// Begins with `instructions`.
    init(_ volatile: VolatileText, instructions: String?) throws(DialectError) {
        chat = OpenAIHistory(volatile)
        if let instructions, !instructions.isEmpty {
            try say(["role": "system", "content": .string(instructions)])
        }
    }

    var messages: [JSONObject] { chat.messages }
    var outline: PromptOutline { chat.outline }

    /// An item as `ResponseInput` and replies write it.
    mutating func append(_ item: JSONObject, at place: String) throws(DialectError) {
        let fields = try RequestFields(.object(item), at: place)
        switch item["type"]?.stringValue {
        case "message": try appendMessage(fields)
        case "reasoning": try appendThought(item)
        case "function_call":
            let function: JSONObject = [
                "name": item["name"] ?? "", "arguments": item["arguments"] ?? "",
            ]
            turn.calls.append(
                ["type": "function", "id": item["call_id"] ?? "", "function": .object(function)]
            )
        case "function_call_output":
            let output = try fields.required("output", fields["output"])
            let place = fields.name("output")
            let content = try MessageContent(openAI: output, at: place, isToolResult: true)
            try say([
                "role": "tool", "content": .string(content.text), "tool_call_id": item["call_id"] ?? "",
            ])
        default: break
        }
    }

    /// Nothing more is said.
    mutating func end() throws(DialectError) { try endTurn() }

    private mutating func appendMessage(_ fields: RequestFields) throws(DialectError) {
        let content = try MessageContent(
            openAI: try fields.required("content", fields["content"]),
            at: fields.name("content")
        )
        guard fields["role"] == "assistant" else {
            return try say(["role": fields["role"] ?? "user", "content": .string(content.text)])
        }
        if turn.text != nil || !turn.calls.isEmpty { try endTurn() }
        turn.text = content.text
    }

    private mutating func appendThought(_ item: JSONObject) throws(DialectError) {
        if turn.text != nil || !turn.calls.isEmpty { try endTurn() }
        let content = texts(item["content"])
        if !content.isEmpty {
            turn.thoughts += content
        } else if let sealed = item["encrypted_content"]?.stringValue, sealed.hasPrefix(Self.seal) {
            turn.thoughts.append(String(sealed.dropFirst(Self.seal.count)))
        } else {
            turn.thoughts += texts(item["summary"])
        }
    }

    private func texts(_ parts: JSONValue?) -> [String] {
        (parts?.arrayValue ?? []).compactMap { $0["text"]?.stringValue }.filter { !$0.isEmpty }
    }

    private mutating func say(_ message: JSONObject) throws(DialectError) {
        try endTurn()
        try chat.append(.object(message), at: count)
        count += 1
    }

    private mutating func endTurn() throws(DialectError) {
        guard !turn.isEmpty else { return }
        try chat.append(.object(turn.message), at: count)
        count += 1
        turn = Turn()
    }
}
