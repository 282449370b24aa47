internal import Contract
internal import JSON

/// The variables that a model's chat template is rendered with, gathered from a request.
///
/// Content is always one string, because that is what every template understands; the parts of a list are joined with
/// a line break. Roles are those of transformers: system, user, assistant, tool.
struct ChatContext {
    private(set) var messages: [JSONObject] = []
    var tools: [JSONValue] = []
    /// `chat_template_kwargs` and what else the dialect passes.
    var variables: JSONObject = [:]
    var addsGenerationPrompt = true

    static let partSeparator = "\n"

    /// Names that the request's own fields give; a variable of the same name would overwrite them.
    static let reserved = ["messages", "tools", "add_generation_prompt"]

    mutating func append(_ message: JSONObject) { messages.append(message) }

    /// Adds to the last message if it has the same role, as Anthropic does with turns: some templates insist on
    /// alternation.
    mutating func appendMerging(_ message: JSONObject) {
        let role = message["role"]
        guard let last = messages.last, last["role"] == role, role != "tool" else { return append(message) }
        var merged = last
        for key in ["content", "reasoning_content"] {
            let texts = [last[key], message[key]].compactMap { $0?.stringValue }.filter { !$0.isEmpty }
            if last[key] != nil || message[key] != nil {
                merged[key] = .string(texts.joined(separator: Self.partSeparator))
            }
        }
        let calls = [last, message].flatMap { $0["tool_calls"]?.arrayValue ?? [] }
        if !calls.isEmpty { merged["tool_calls"] = .array(calls) }
        messages[messages.count - 1] = merged
    }

    var prompt: Prompt {
        var object: JSONObject = ["messages": .array(messages.map { .object($0) })]
        if !tools.isEmpty { object["tools"] = .array(tools) }
        object["add_generation_prompt"] = .bool(addsGenerationPrompt)
        for (key, value) in variables { object[key] = value }
        return .chat(context: JSONValue.object(object).description)
    }
}
