internal import JSON

/// Renders small conversations with one template, to see what becomes of them.
struct TemplateProbe {
    let template: ChatTemplate
    private var variables: JSONObject
    /// Whether texts are given as a list of one part.
    private var speaksInParts = false

    init(template: ChatTemplate, variables: JSONObject) {
        self.template = template
        self.variables = variables
    }

    func speaking(inParts: Bool) -> TemplateProbe {
        var copy = self
        copy.speaksInParts = inParts
        return copy
    }

    func alwaysGiving(tools: JSONValue) -> TemplateProbe {
        var copy = self
        copy.variables["tools"] = tools
        return copy
    }

    /// nil when the template refuses.
    func prompt(_ messages: [JSONValue], _ more: JSONObject = [:]) -> String? {
        var all: JSONObject = [
            "tools": nil, "documents": nil, "add_generation_prompt": false, "bos_token": "<s>",
            "eos_token": "</s>",
        ]
        for (name, value) in variables.members + more.members { all[name] = value }
        all["messages"] = .array(speaksInParts ? messages.map(\.inParts) : messages)
        return try? template.render(all, now: "2026-01-01T00:00:00")
    }

    func shows(_ mark: String, _ messages: [JSONValue], _ more: JSONObject = [:]) -> Bool {
        prompt(messages, more)?.contains(mark) ?? false
    }

    static let tools: JSONValue = [
        [
            "type": "function",
            "function": [
                "name": "mark_tool", "description": "What it does",
                "parameters": [
                    "type": "object",
                    "properties": ["mark_key": ["type": "string", "description": "A key"]],
                    "required": ["mark_key"],
                ],
            ],
        ]
    ]
}

extension JSONValue {
    static func says(_ role: String, _ text: String) -> JSONValue {
        ["role": .string(role), "content": .string(text)]
    }

    static func user(_ text: String) -> JSONValue { says("user", text) }

    static func user(parts: [String]) -> JSONValue {
        ["role": "user", "content": .array(parts.map { ["type": "text", "text": .string($0)] })]
    }

    static func assistant(_ text: String) -> JSONValue { says("assistant", text) }

    static func calls(_ calls: [JSONValue]) -> JSONValue {
        ["role": "assistant", "content": "", "tool_calls": .array(calls)]
    }

    static func call(_ name: String, _ arguments: JSONValue, _ id: String) -> JSONValue {
        [
            "id": .string(id), "type": "function",
            "function": ["name": .string(name), "arguments": arguments],
        ]
    }

    static func result(_ text: String, _ id: String) -> JSONValue {
        [
            "role": "tool", "tool_call_id": .string(id), "name": "mark_call", "content": .string(text),
        ]
    }

    /// A message whose text is a list of one part.
    fileprivate var inParts: JSONValue {
        guard case .object(var message) = self, let text = message["content"]?.stringValue else {
            return self
        }
        message["content"] = text.isEmpty ? [] : [["type": "text", "text": .string(text)]]
        return .object(message)
    }

    /// The same message with one more member.
    func adding(_ name: String, _ value: JSONValue) -> JSONValue {
        guard case .object(var object) = self else { return self }
        object[name] = value
        return .object(object)
    }
}
