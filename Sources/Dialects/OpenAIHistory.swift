internal import JSON

/// Turns the messages of an OpenAI chat into those that chat templates know.
///
/// | message in                  | becomes                                                          |
/// |-----------------------------|------------------------------------------------------------------|
/// | developer                   | a system message                                                 |
/// | tool, function              | a message of role tool, with the name of the call that it answers |
/// | `tool_calls`                | the same, each call's arguments as an object                     |
/// | `function_call`             | an entry of `tool_calls`, with an id of this server's            |
/// | `reasoning_content`         | the same; `reasoning` and `thinking` are other words for it      |
///
/// What changes with every request is taken out of texts first; a system text of which nothing is left is no
/// message.
struct OpenAIHistory {
    private let volatile: VolatileText
    private(set) var messages: [JSONObject] = []
    private(set) var outline = PromptOutline()
    /// Which tool a result belongs to; some templates want its name.
    private var toolNames: [String: String] = [:]
    /// Calls of functions that have no result yet, by name.
    private var openFunctions: [String: String] = [:]

    init(_ volatile: VolatileText = .standard) { self.volatile = volatile }

    mutating func append(_ value: JSONValue, at index: Int) throws(DialectError) {
        let message = try OpenAIMessage(value, at: index)
        var made: JSONObject = ["role": .string(message.role)]
        let content = try message.content(volatile)
        if message.role == "system", content.text.isEmpty, try !message.content(.untouched).text.isEmpty {
            return
        }
        made["content"] = .string(content.text)
        switch message.role {
        case "assistant":
            if let reasoning = try message.reasoning(besides: content) {
                made["reasoning_content"] = .string(reasoning)
            }
            var calls = try message.toolCalls()
            if let call = try message.functionCall(id: "call_\(index)") {
                calls.append(call)
                openFunctions[call.name] = call.id
            }
            for call in calls { if let id = call.id { toolNames[id] = call.name } }
            if !calls.isEmpty { made["tool_calls"] = .array(calls.map(\.forTemplate)) }
            if let name = try message.name() { made["name"] = .string(name) }
        case "tool":
            let name = try message.name()
            let id = try message.callID() ?? name.flatMap { openFunctions.removeValue(forKey: $0) }
            if let id { made["tool_call_id"] = .string(id) }
            if let name = name ?? id.flatMap({ toolNames[$0] }) { made["name"] = .string(name) }
        default:
            if let name = try message.name() { made["name"] = .string(name) }
        }
        messages.append(made)
        let stretch = PromptOutline.Stretch(end: content.text.utf8.count, part: .message(index))
        outline.messages.append([stretch])
    }
}
