internal import Contract
internal import JSON

/// What a request says of how its output is to be read and shown.
struct OutputFields {
    private(set) var rules: OutputRules
    private(set) var thinking = ThinkingDisplay.shown

    /// OpenAI's fields and those that other servers add to them.
    static func openAI(_ fields: RequestFields) throws(DialectError) -> OutputFields {
        var read = OutputFields(callIDPrefix: "call_")
        read.rules.readsCalls = fields["tool_choice"] != "none"
        read.rules.allowsSeveralCalls = try fields.flag("parallel_tool_calls") ?? true
        let budget = try fields.integer("thinking_token_budget", in: RequestLimits.thinkingBudget)
        read.rules.thinkingBudget = budget.map { UInt32(clamping: $0) }
        if try fields.flag("include_reasoning") == false { read.thinking = .hidden }
        let more = try fields.members("chat_template_kwargs")
        let thinks = try fields.flag("enable_thinking")
        let effort = try fields.text("reasoning_effort")
        // A template that knows no switch is not asked: the thought ends where it begins.
        if (thinks ?? more?["enable_thinking"]?.boolValue) == false || effort == "none" {
            read.rules.thinkingBudget = 0
        }
        return read
    }

    static func anthropic(_ fields: RequestFields) throws(DialectError) -> OutputFields {
        var read = OutputFields(callIDPrefix: "toolu_")
        if let choice = fields["tool_choice"] {
            let inside = try RequestFields(choice, at: fields.name("tool_choice"))
            read.rules.readsCalls = inside["type"] != "none"
            read.rules.allowsSeveralCalls = try inside.flag("disable_parallel_tool_use") != true
        }
        guard let value = fields["thinking"] else { return read }
        let thinking = try RequestFields(value, at: fields.name("thinking"))
        let type = try thinking.required("type", try thinking.text("type"))
        switch type {
        case "enabled":
            let budget = try thinking.integer("budget_tokens", in: RequestLimits.thinkingBudget)
            read.rules.thinkingBudget = UInt32(clamping: try thinking.required("budget_tokens", budget))
        case "disabled":
            read.rules.thinkingBudget = 0
            read.thinking = .hidden
        case "adaptive": break
        default:
            throw .invalid(
                thinking.name("type"),
                "is \(type.quoted), it must be one of enabled, adaptive, disabled"
            )
        }
        if try thinking.text("display") == "omitted" { read.thinking = .signed }
        return read
    }

    private init(callIDPrefix: String) { rules = OutputRules(callIDPrefix: callIDPrefix) }
}

/// What a client sees of what was thought.
enum ThinkingDisplay: Sendable {
    case shown
    /// That there was something, and nothing of it.
    case signed
    case hidden
}
