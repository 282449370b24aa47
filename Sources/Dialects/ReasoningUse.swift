internal import JSON

/// What a request says about thinking before the answer.
///
/// Written by the dialect's reading of the request; the switch and the effort go to the chat template, the
/// rest is for the reply.
public struct ReasoningUse: Hashable, Sendable {
    /// Nil leaves it to the model.
    public var isWanted: Bool?
    /// A word of the client's: low, high and others.
    public var effort: String?
    /// Tokens to think with at most.
    public var budgetTokens: UInt32?
    public var display = ThinkingDisplay.shown

    public init() {}

    /// `reasoning_effort`, or `reasoning.effort` of a response, and what other servers add to it.
    init(openAI fields: RequestFields) throws(DialectError) {
        effort = try fields.text("reasoning_effort")
        if case .object? = fields["reasoning"] {
            let reasoning = try RequestFields(fields["reasoning"] ?? .null, at: fields.name("reasoning"))
            if let asked = try reasoning.text("effort") { effort = asked }
        }
        if effort == "none" { isWanted = false }
        let isOn = try fields.flag("enable_thinking")
        let more = try fields.members("chat_template_kwargs")
        if let isOn = isOn ?? more?["enable_thinking"]?.boolValue { isWanted = isOn }
        let budget = try fields.integer("thinking_token_budget", in: RequestLimits.thinkingTokens)
        budgetTokens = budget.map { UInt32(clamping: $0) }
        if try fields.flag("include_reasoning") == false { display = .hidden }
    }

    /// `thinking` and the effort in `output_config`.
    init(anthropic fields: RequestFields) throws(DialectError) {
        if let config = fields["output_config"] {
            effort = try RequestFields(config, at: "output_config").text("effort")
        }
        guard let value = fields["thinking"] else { return }
        let thinking = try RequestFields(value, at: "thinking")
        switch try thinking.text("type") {
        case "enabled":
            isWanted = true
            let budget = try thinking.integer("budget_tokens", in: RequestLimits.thinkingTokensIfEnabled)
            budgetTokens = UInt32(clamping: try thinking.required("budget_tokens", budget))
        case "disabled":
            isWanted = false
            display = .hidden
        // Adaptive, and whatever else comes up, leaves it to the model.
        default: break
        }
        if try thinking.text("display") == "omitted" { display = .signed }
    }

    /// What templates know under these names.
    var variables: JSONObject {
        var variables: JSONObject = [:]
        if let effort { variables["reasoning_effort"] = .string(effort) }
        if let isWanted { variables["enable_thinking"] = .bool(isWanted) }
        return variables
    }
}
