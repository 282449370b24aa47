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
    public func plan(
        body: some Collection<UInt8>,
        headers: RequestHeaders
    ) throws(DialectError) -> GenerationPlan {
        guard body.count <= RequestLimits.body.bytes else {
            throw DialectError(
                .tooLarge,
                "the request body has \(body.count) bytes, the limit is \(RequestLimits.body.bytes)"
            )
        }
        let request: JSONValue
        do {
            request = try JSONValue(parsing: body, limits: RequestLimits.body)
        } catch {
            throw DialectError(.invalidRequest, "the request body is not valid JSON: \(error)")
        }
        let fields = try RequestFields(request, at: "")
        switch self {
        case .chatCompletions: return try openAIChatPlan(fields, headers)
        case .completions: return try openAICompletionPlan(fields, headers)
        case .messages: return try anthropicPlan(fields, headers)
        }
    }
}
