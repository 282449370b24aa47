internal import JSON

/// Tells a model of the tools that it may call in plain words, where its template has no place for them.
///
/// Otherwise they would be dropped without a word, and an agent would wonder why its model never acts. Calls
/// and results of the conversation so far are written in the same form.
public struct ToolText: Hashable, Sendable {
    /// What stands in front of the JSON object of a call, and behind it.
    public var open: String
    public var close: String

    public init(open: String, close: String) {
        self.open = open
        self.close = close
    }

    /// What a system text says of tools in OpenAI's form.
    func introduction(of tools: [JSONValue]) -> String {
        let list = tools.map { Self.json($0["function"] ?? $0) }.joined(separator: "\n")
        return """
            # Tools

            You can call these functions, one on each line:
            <tools>
            \(list)
            </tools>

            To call one, write its name and its arguments as JSON in exactly this form:
            \(form(#"{"name": "function_name", "arguments": {"argument": "value"}}"#))
            """
    }

    /// A call of an earlier answer.
    func call(_ function: JSONValue) -> String { form(Self.json(function)) }

    func result(_ text: String) -> String { "<tool_response>\n\(text)\n</tool_response>" }

    private func form(_ json: String) -> String {
        open.isEmpty ? json : [open, json, close].filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private static func json(_ value: JSONValue) -> String {
        var writer = JSONText(indentation: nil, separators: nil, sortsKeys: false, escapesNonASCII: false)
        return (try? writer.write(Value(value))) ?? value.description
    }
}
