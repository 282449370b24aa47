internal import Contract

extension OutputRules {
    /// How an answer is to be read to a request that says this of tools and thinking.
    init(callIDPrefix: String, _ tools: ToolUse, _ reasoning: ReasoningUse) {
        self.init(callIDPrefix: callIDPrefix)
        readsCalls = tools.choice != .none
        allowsSeveralCalls = tools.allowsParallelCalls
        let callable = tools.callable
        if callable.count < tools.tools.count, readsCalls { allowedTools = callable.map(\.name) }
        requiresCall = tools.choice == .required
        if !requiresCall { strictTools = callable.filter(\.isStrict).map(\.name) }
        // A template that knows no switch is not asked: the thought ends where it begins.
        thinkingBudget = reasoning.isWanted == false ? 0 : reasoning.budgetTokens
    }
}

extension ReplyShape {
    /// What the ids of calls begin with in its API; nil where the text is shown as it is.
    var callIDPrefix: String? {
        switch kind {
        case .chat, .response: "call_"
        case .message: "toolu_"
        case .completion, .legacy, .task: nil
        }
    }
}

/// What a client sees of what was thought.
public enum ThinkingDisplay: Hashable, Sendable {
    case shown
    /// That there was something, and nothing of it.
    case signed
    case hidden
}
