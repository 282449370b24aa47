internal import Contract
internal import JSON

/// The paths under which text can be asked for.
public enum GenerationEndpoint: String, CaseIterable, Sendable {
    case chatCompletions = "/v1/chat/completions"
    case completions = "/v1/completions"
    case messages = "/v1/messages"

    public var path: String { rawValue }

    public var dialect: Dialect {
        switch self {
        case .chatCompletions, .completions: .openAI
        case .messages: .anthropic
        }
    }

    /// Checks a request and translates it into jobs.
    ///
    /// `defaultModel` is meant by a request that names none; without it, such a request is refused.
    /// `volatile` is taken out of the prompt's texts.
    public func plan(
        body: some Collection<UInt8>,
        headers: RequestHeaders,
        defaultModel: String? = nil,
        volatile: VolatileText = .standard
    ) throws(DialectError) -> GenerationPlan {
        let fields = try RequestFields(body: body, headers, defaultModel: defaultModel, volatile: volatile)
        var plan =
            switch self {
            case .chatCompletions: try openAIChatPlan(fields, headers)
            case .completions: try openAICompletionPlan(fields, headers)
            case .messages: try anthropicPlan(fields, headers)
            }
        try plan.separate(by: fields)
        try plan.constrain(by: fields)
        return plan
    }
}
