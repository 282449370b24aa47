internal import Configuration
internal import JSON

/// What was said so far, as the next request repeats it.
struct Conversation {
    private(set) var turns: [(role: String, text: String)] = []
    var system: String?

    init(system: String?) { self.system = system }

    mutating func append(question: String) { turns.append(("user", question)) }
    mutating func append(answer: String) { turns.append(("assistant", answer)) }

    /// Takes back a question that got no answer.
    mutating func dropQuestion() {
        if turns.last?.role == "user" { turns.removeLast() }
    }

    mutating func reset() { turns = [] }

    /// The body of a streaming chat completion request.
    func request(model: String, _ options: ChatOptions) -> JSONValue {
        let all = (system.map { [(role: "system", text: $0)] } ?? []) + turns
        let messages = all.map { turn -> JSONValue in
            ["role": .string(turn.role), "content": .string(turn.text)]
        }
        var body: JSONObject = ["model": .string(model), "messages": .array(messages), "stream": true]
        if let count = options.maxTokenCount { body["max_tokens"] = .integer(Int64(count)) }
        if let temperature = options.temperature { body["temperature"] = .number(temperature) }
        if let seed = options.seed { body["seed"] = .integer(Int64(seed)) }
        return .object(body)
    }
}
