internal import Contract
internal import JSON

/// The variables that a model's chat template is rendered with, gathered from a request.
///
/// The same form for every template: content is one string, the parts of a list joined with a line break;
/// roles are those of transformers (system, user, assistant, tool); the arguments of a call are an object.
/// The worker puts them into the form that its template can show.
struct ChatContext {
    var messages: [JSONObject] = []
    /// What of the request the messages were made of.
    var outline = PromptOutline()
    var tools = ToolUse()
    /// `chat_template_kwargs` and what else the dialect passes.
    var variables: JSONObject = [:]
    var addsGenerationPrompt = true
    /// The last message was begun and is gone on with, instead of being answered.
    var continuesLastMessage = false

    static let partSeparator = "\n"

    /// Names that the request's own fields give; a variable of the same name would overwrite them.
    private static let reserved = ["messages", "tools", "add_generation_prompt", "continue_final_message"]

    var prompt: Prompt {
        var object: JSONObject = ["messages": .array(messages.map { .object($0) })]
        let tools = tools.forTemplate
        if !tools.isEmpty { object["tools"] = .array(tools) }
        object["add_generation_prompt"] = .bool(addsGenerationPrompt)
        if continuesLastMessage { object["continue_final_message"] = true }
        for (key, value) in variables { object[key] = value }
        return .chat(context: JSONValue.object(object).description)
    }

    /// What both APIs' requests may hand to the template; `chat_template_kwargs` wins over every other name.
    mutating func readVariables(_ fields: RequestFields, _ reasoning: ReasoningUse) throws(DialectError) {
        variables = reasoning.variables
        if let documents = try fields.elements("documents", atMost: RequestLimits.messageCount) {
            variables["documents"] = .array(documents)
        }
        guard let more = try fields.members("chat_template_kwargs") else { return }
        for (key, value) in more {
            guard !Self.reserved.contains(key) else {
                throw .invalid("chat_template_kwargs.\(key)", "is not allowed, use the request's own field")
            }
            variables[key] = value
        }
    }
}
