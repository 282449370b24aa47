internal import Contract
internal import JSON

/// The variables that a model's chat template is rendered with, gathered from a request.
///
/// Content is always one string, because that is what every template understands; the parts of a list are
/// joined with a line break. Roles are those of transformers: system, user, assistant, tool.
struct ChatContext {
    var messages: [JSONObject] = []
    var tools: [JSONValue] = []
    /// `chat_template_kwargs` and what else the dialect passes.
    var variables: JSONObject = [:]
    var addsGenerationPrompt = true

    static let partSeparator = "\n"

    /// Names that the request's own fields give; a variable of the same name would overwrite them.
    static let reserved = ["messages", "tools", "add_generation_prompt"]

    var prompt: Prompt {
        var object: JSONObject = ["messages": .array(messages.map { .object($0) })]
        if !tools.isEmpty { object["tools"] = .array(tools) }
        object["add_generation_prompt"] = .bool(addsGenerationPrompt)
        for (key, value) in variables { object[key] = value }
        return .chat(context: JSONValue.object(object).description)
    }
}
