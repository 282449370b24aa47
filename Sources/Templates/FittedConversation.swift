public import JSON

/// A conversation in the form that one model's template can show, so that no message is lost or refused for
/// a habit of the template.
///
/// What comes in has one form for all templates: texts as strings, the arguments of calls as objects, what
/// was thought as `reasoning_content`. Each rule below acts only where the template's capabilities ask for
/// it, in this order:
///
/// 1. Tools that would not be shown are told of by the first system message.
/// 2. Several calls of one answer become several answers, each with its result behind it.
/// 3. Calls and results that would not be shown become text.
/// 4. Ids of calls become nine digits, counted in the order of their first appearance.
/// 5. Arguments become the text of their JSON.
/// 6. Several system messages in front become one; later ones become user messages; where the template
///    has no system role, the first one leads the first user message.
/// 7. Neighbours of one role become one message, and what a user says behind a tool's result joins that.
/// 8. What was thought is given under all names in use: `reasoning_content`, `reasoning`, `thinking`.
/// 9. Texts become lists of one part.
///
/// Every rule looks at a message and those before it, or right behind it, alone: a conversation that goes on
/// keeps its beginning, and with it what was computed for that.
public struct FittedConversation {
    /// All variables of the template.
    public private(set) var variables: JSONObject
    private let capabilities: TemplateCapabilities
    private var messages: [JSONObject]
    /// Nil where the template itself shows tools, or there are none.
    private let toolText: ToolText?

    private static let separator = "\n\n"

    /// `toolText` is how a model is told of tools whose template does not.
    public init(_ given: JSONObject, to capabilities: TemplateCapabilities, _ toolText: ToolText? = nil) {
        variables = given
        self.capabilities = capabilities
        messages = (given["messages"]?.arrayValue ?? []).compactMap(\.objectValue)
        let tools = given["tools"]?.arrayValue ?? []
        self.toolText = capabilities.showsTools || tools.isEmpty ? nil : toolText
        tell(of: tools)
        if !capabilities.showsParallelToolCalls { separateCalls() }
        for index in messages.indices { fitCalls(&messages[index]) }
        if !capabilities.takesAnyCallID { shortenIDs() }
        fitSystem()
        if capabilities.needsAlternatingRoles { joinNeighbours() }
        for index in messages.indices { fitReasoning(&messages[index]) }
        if !capabilities.takesTextContent, capabilities.takesContentParts {
            for index in messages.indices { messages[index]["content"] = parts(of: messages[index]) }
        }
        variables["messages"] = .array(messages.map { .object($0) })
        fitThinkingSwitch()
    }

    // MARK: - Calls

    private mutating func tell(of tools: [JSONValue]) {
        guard let toolText else { return }
        variables["tools"] = nil
        let introduction = toolText.introduction(of: tools)
        if let first = messages.first, first["role"] == "system" {
            messages[0]["content"] = .string(joined([text(of: first), introduction]))
        } else {
            messages.insert(["role": "system", "content": .string(introduction)], at: 0)
        }
    }

    private mutating func separateCalls() {
        var fitted: [JSONObject] = []
        var index = 0
        while index < messages.count {
            let message = messages[index]
            index += 1
            guard capabilities.showsToolCalls, let calls = message["tool_calls"]?.arrayValue, calls.count > 1
            else {
                fitted.append(message)
                continue
            }
            var results = messages[index...].prefix { $0["role"] == "tool" }
            index = results.endIndex
            for (place, call) in calls.enumerated() {
                var single = message
                single["tool_calls"] = [call]
                if place > 0 {
                    single["content"] = ""
                    single["reasoning_content"] = nil
                }
                fitted.append(single)
                if let id = call["id"], let found = results.firstIndex(where: { $0["tool_call_id"] == id }) {
                    fitted.append(results.remove(at: found))
                }
            }
            fitted += results
        }
        messages = fitted
    }

    private func fitCalls(_ message: inout JSONObject) {
        if message["role"] == "tool", !capabilities.showsToolResults {
            message["role"] = "user"
            if let toolText { message["content"] = .string(toolText.result(text(of: message))) }
        }
        guard let calls = message["tool_calls"]?.arrayValue else { return }
        guard capabilities.showsToolCalls else {
            message["tool_calls"] = nil
            let functions = calls.compactMap { $0["function"] }
            let lines = functions.map { toolText?.call($0) ?? $0.description }
            message["content"] = .string(joined([text(of: message)] + lines))
            return
        }
        guard !capabilities.takesArgumentsAsObject, capabilities.takesArgumentsAsText else { return }
        message["tool_calls"] = .array(calls.map(withArgumentsAsText))
    }

    private func withArgumentsAsText(_ call: JSONValue) -> JSONValue {
        guard let function = call["function"], let arguments = function["arguments"],
            case .object = arguments
        else { return call }
        var writer = JSONText(indentation: nil, separators: nil, sortsKeys: false, escapesNonASCII: false)
        let text = (try? writer.write(Value(arguments))) ?? arguments.description
        return call.adding("function", function.adding("arguments", .string(text)))
    }

    private mutating func shortenIDs() {
        var names: [String: String] = [:]
        func short(_ id: String) -> JSONValue {
            let isFine = id.utf8.count == 9 && id.utf8.allSatisfy(Self.isLetterOrDigit)
            let digits = String(names.count)
            let made = isFine ? id : String(repeating: "0", count: max(0, 9 - digits.utf8.count)) + digits
            let name = names[id] ?? made
            names[id] = name
            return .string(name)
        }
        for index in messages.indices {
            if let calls = messages[index]["tool_calls"]?.arrayValue {
                messages[index]["tool_calls"] = .array(
                    calls.map { $0.adding("id", short($0["id"]?.stringValue ?? "")) }
                )
            }
            if let id = messages[index]["tool_call_id"]?.stringValue {
                messages[index]["tool_call_id"] = short(id)
            }
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }

    // MARK: - Roles

    private mutating func fitSystem() {
        let leading = messages.prefix { $0["role"] == "system" }
        if !capabilities.showsLaterSystemMessages {
            for index in messages.indices.dropFirst(leading.count) where messages[index]["role"] == "system" {
                messages[index]["role"] = "user"
            }
        }
        guard var first = leading.first, leading.count > 1 || !capabilities.showsSystemRole else { return }
        guard !capabilities.showsSystemRole || !capabilities.showsSeveralSystemMessages else { return }
        first["content"] = .string(joined(leading.map { text(of: $0) }))
        messages.removeFirst(leading.count)
        if !capabilities.showsSystemRole {
            first["role"] = "user"
            if let user = messages.first, user["role"] == "user" {
                first = user.adding("content", .string(joined([text(of: first), text(of: user)])))
                messages.removeFirst()
            }
        }
        messages.insert(first, at: 0)
    }

    private mutating func joinNeighbours() {
        var fitted: [JSONObject] = []
        for message in messages {
            guard let last = fitted.last, Self.belongTogether(last, message) else {
                fitted.append(message)
                continue
            }
            let both = joined([text(of: last), text(of: message)])
            fitted[fitted.count - 1] = last.adding("content", .string(both))
        }
        messages = fitted
    }

    private static func belongTogether(_ first: JSONObject, _ second: JSONObject) -> Bool {
        guard first["tool_calls"] == nil, second["tool_calls"] == nil else { return false }
        switch (first["role"]?.stringValue, second["role"]?.stringValue) {
        case ("user", "user"), ("assistant", "assistant"), ("tool", "user"): return true
        default: return false
        }
    }

    // MARK: - The rest

    private func fitReasoning(_ message: inout JSONObject) {
        guard var reasoning = message["reasoning_content"]?.stringValue else { return }
        if message["tool_calls"] != nil, !capabilities.takesTextAndReasoningWithCalls {
            reasoning = joined([reasoning, text(of: message)])
            message["content"] = ""
        }
        for name in ["reasoning_content", "reasoning", "thinking"] { message[name] = .string(reasoning) }
    }

    /// Templates know one of two names for it.
    private mutating func fitThinkingSwitch() {
        guard let name = capabilities.thinkingSwitch, variables[name] == nil else { return }
        variables[name] = variables["enable_thinking"] ?? variables["thinking"]
    }

    private func parts(of message: JSONObject) -> JSONValue {
        let text = text(of: message)
        return text.isEmpty ? [] : [["type": "text", "text": .string(text)]]
    }

    private func text(of message: JSONObject) -> String { message["content"]?.stringValue ?? "" }

    private func joined(_ texts: [String]) -> String {
        texts.filter { !$0.isEmpty }.joined(separator: Self.separator)
    }
}

extension JSONObject {
    fileprivate func adding(_ name: String, _ value: JSONValue) -> JSONObject {
        var object = self
        object[name] = value
        return object
    }
}
