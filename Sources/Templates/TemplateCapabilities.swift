public import JSON

/// What a model's chat template can show to the model: told by trying it, not by reading it.
///
/// Every flag is the outcome of rendering small conversations with marked words and looking which of them are
/// in the prompt; about twenty of them, together a few milliseconds. A template that refuses a conversation
/// lacks what the conversation tried. Rendering is repeatable, so the same template always gives the same
/// flags.
public struct TemplateCapabilities: Hashable, Sendable {
    /// A message's content may be a plain text.
    public private(set) var takesTextContent = false
    /// A message's content may be a list of parts, whose texts appear as they are.
    public private(set) var takesContentParts = false
    /// Two messages of the same role in a row are refused.
    public private(set) var needsAlternatingRoles = false
    /// `add_generation_prompt` opens an answer.
    public private(set) var opensAnswer = false

    /// The texts of system messages appear.
    public private(set) var showsSystemRole = false
    /// The texts of several system messages in front appear.
    public private(set) var showsSeveralSystemMessages = false
    /// The text of a system message behind the first answer appears there, and the one in front stays.
    public private(set) var showsLaterSystemMessages = false
    /// The texts of developer messages appear.
    public private(set) var showsDeveloperRole = false
    /// The texts of `documents` appear.
    public private(set) var showsDocuments = false

    /// The definitions of tools appear.
    public private(set) var showsTools = false
    /// The calls that an earlier answer made appear.
    public private(set) var showsToolCalls = false
    /// A call's arguments may be an object.
    public private(set) var takesArgumentsAsObject = false
    /// A call's arguments may be the text of a JSON object, and appear without being quoted again.
    public private(set) var takesArgumentsAsText = false
    /// Several calls of one answer appear.
    public private(set) var showsParallelToolCalls = false
    /// The results of calls appear.
    public private(set) var showsToolResults = false
    /// A call may have an id of any length; a template that refuses one wants nine letters or digits.
    public private(set) var takesAnyCallID = true
    /// An answer that calls tools may have a text and reasoning beside it.
    public private(set) var takesTextAndReasoningWithCalls = true

    /// The variable that switches thinking on and off, if one of the usual ones does.
    public private(set) var thinkingSwitch: String?
    /// `reasoning_effort` makes a difference.
    public private(set) var obeysReasoningEffort = false
    /// The `reasoning_content` of an answer appears, at least while its tool calls are being answered.
    public private(set) var showsReasoning = false

    /// `variables` are those that the template always gets, such as `bos_token`.
    public init(of template: ChatTemplate, variables: JSONObject = [:]) {
        var probe = TemplateProbe(template: template, variables: variables)
        tryContents(probe)
        if !takesTextContent, !takesContentParts {
            // Some templates cannot do without tools.
            probe = probe.alwaysGiving(tools: TemplateProbe.tools)
            tryContents(probe)
        }
        probe = probe.speaking(inParts: !takesTextContent && takesContentParts)
        tryRoles(probe)
        tryTools(probe)
        tryThinking(probe)
    }

    // MARK: - Trials

    private mutating func tryContents(_ probe: TemplateProbe) {
        let text = probe.prompt([.user("mark-one")])
        let parts = probe.prompt([.user(parts: ["mark-one", "mark-two"])])
        takesTextContent = text?.contains("mark-one") ?? false
        takesContentParts = parts.map(Self.isWhole) ?? false
    }

    /// Whether the texts of two parts are there, and not the list as code.
    private static func isWhole(_ prompt: String) -> Bool {
        prompt.contains("mark-one") && prompt.contains("mark-two") && !prompt.contains("'type'")
            && !prompt.contains("\"type\"")
    }

    private mutating func tryRoles(_ probe: TemplateProbe) {
        let alternating = probe.prompt([.user("one"), .assistant("two"), .user("three")])
        needsAlternatingRoles = alternating != nil && probe.prompt([.user("one"), .user("two")]) == nil
        let open = probe.prompt([.user("one")], ["add_generation_prompt": true])
        opensAnswer = open != nil && open != probe.prompt([.user("one")])
        showsSystemRole = probe.shows("mark-system", [.says("system", "mark-system"), .user("one")])
        let systems: [JSONValue] = [.says("system", "mark-one"), .says("system", "mark-two"), .user("three")]
        showsSeveralSystemMessages = probe.prompt(systems).map(Self.isWhole) ?? false
        let later: [JSONValue] = [
            .says("system", "mark-one"), .user("two"), .assistant("mark-answer"), .says("system", "mark-two"),
            .user("three"),
        ]
        showsLaterSystemMessages =
            probe.prompt(later).map { prompt in
                guard Self.isWhole(prompt), let answer = prompt.firstRange(of: "mark-answer") else {
                    return false
                }
                return prompt[answer.upperBound...].contains("mark-two")
            }
            ?? false
        showsDeveloperRole = probe.shows("mark-dev", [.says("developer", "mark-dev"), .user("one")])
        let document: JSONValue = [
            "title": "title", "text": "mark-document", "content": "mark-document", "doc_id": "1",
        ]
        showsDocuments = probe.shows("mark-document", [.user("one")], ["documents": [document]])
    }

    private mutating func tryTools(_ probe: TemplateProbe) {
        let tools: JSONObject = ["tools": TemplateProbe.tools]
        showsTools = probe.shows("mark_tool", [.user("one")], tools)
        let object: JSONValue = ["mark_key": "mark-value"]
        let text: JSONValue = #"{"mark_key": "mark-value"}"#
        func prompt(_ calls: [JSONValue], _ after: [JSONValue] = []) -> String? {
            probe.prompt([.user("one"), .calls(calls)] + after, tools)
        }
        let byObject = prompt([.call("mark_call", object, "call00001")])
        let byText = prompt([.call("mark_call", text, "call00001")])
        takesArgumentsAsObject =
            byObject.map { $0.contains("mark_key") && $0.contains("mark-value") } ?? false
        takesArgumentsAsText =
            byText.map {
                $0.contains("mark_key") && $0.contains("mark-value") && !$0.contains(#"\"mark_key"#)
            }
            ?? false
        showsToolCalls = [byObject, byText].contains { $0?.contains("mark_call") ?? false }
        let arguments = takesArgumentsAsObject || byText == nil ? object : text
        let first: JSONValue = .call("mark_call", arguments, "call00001")
        let second: JSONValue = .call("mark_other", arguments, "call00002")
        let results: [JSONValue] = [.result("mark-result", "call00001"), .result("more", "call00002")]
        let parallel = prompt([first, second], results) ?? prompt([first, second])
        showsParallelToolCalls =
            parallel.map { $0.contains("mark_call") && $0.contains("mark_other") } ?? false
        showsToolResults = prompt([first], [results[0]])?.contains("mark-result") ?? false
        let longID = "call_0123456789abcdef"
        let long: JSONValue = .call("mark_call", arguments, longID)
        takesAnyCallID =
            prompt([first], [results[0]]) == nil || prompt([long], [.result("mark-result", longID)]) != nil
    }

    private mutating func tryThinking(_ probe: TemplateProbe) {
        func prompts(_ name: String, _ values: [JSONValue]) -> Set<String?> {
            Set(
                values.map { value in
                    probe.prompt([.user("one")], ["add_generation_prompt": true, name: value])
                }
            )
        }
        thinkingSwitch = ["enable_thinking", "thinking"].first { prompts($0, [true, false]).count > 1 }
        obeysReasoningEffort = prompts("reasoning_effort", ["low", "high"]).count > 1
        func reasoned(_ message: JSONValue) -> JSONValue {
            message.adding("reasoning_content", "mark-reasoning").adding("thinking", "mark-reasoning")
        }
        let answer = reasoned(.assistant("two"))
        let call = reasoned(.calls([.call("mark_call", ["mark_key": "mark-value"], "call00001")]))
        let tools: JSONObject = ["tools": TemplateProbe.tools]
        showsReasoning =
            probe.shows("mark-reasoning", [.user("one"), answer])
            || probe.shows("mark-reasoning", [.user("one"), call, .result("done", "call00001")], tools)
        let spoken = call.adding("content", "mark-text")
        takesTextAndReasoningWithCalls =
            probe.prompt([.user("one"), call], tools) == nil
            || probe.prompt([.user("one"), spoken], tools) != nil
    }
}

extension TemplateCapabilities {
    /// Every flag that a model's report tells, with its name, in a fixed order.
    ///
    /// Those that `FittedConversation` makes up for are left out: nobody who asks for a chat meets them.
    public var flags: [(name: String, isSet: Bool)] {
        [
            ("takes_text_content", takesTextContent), ("takes_content_parts", takesContentParts),
            ("needs_alternating_roles", needsAlternatingRoles), ("opens_answer", opensAnswer),
            ("shows_system_role", showsSystemRole), ("shows_developer_role", showsDeveloperRole),
            ("shows_documents", showsDocuments), ("shows_tools", showsTools),
            ("shows_tool_calls", showsToolCalls), ("takes_arguments_as_object", takesArgumentsAsObject),
            ("takes_arguments_as_text", takesArgumentsAsText),
            ("shows_parallel_tool_calls", showsParallelToolCalls),
            ("shows_tool_results", showsToolResults), ("has_thinking_switch", thinkingSwitch != nil),
            ("obeys_reasoning_effort", obeysReasoningEffort), ("shows_reasoning", showsReasoning),
        ]
    }
}
