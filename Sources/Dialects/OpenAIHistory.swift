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
struct OpenAIHistory {
    private(set) var messages: [JSONObject] = []
    /// Which tool a result belongs to; some templates want its name.
    private var toolNames: [String: String] = [:]
    /// Calls of functions that have no result yet, by name.
    private var openFunctions: [String: String] = [:]

    mutating func append(_ value: JSONValue, at index: Int) throws(DialectError) {
        let message = try OpenAIMessage(value, at: index)
        var made: JSONObject = ["role": .string(message.role)]
        let content = try message.content()
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
    }
}
