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
    public func plan(
        body: some Collection<UInt8>,
        headers: RequestHeaders,
        defaultModel: String? = nil
    ) throws(DialectError) -> GenerationPlan {
        if let coding = headers["content-encoding"], coding.lowercased() != "identity" {
            throw .unsupported("header content-encoding", "is \(coding.quoted), bodies are read as they are")
        }
        var request: JSONValue
        do {
            request = try JSONValue(parsing: body, limits: RequestLimits.body)
        } catch {
            throw error.isTooLarge
                ? DialectError(.tooLarge, "the request body is too large: \(error)")
                : DialectError(.invalidRequest, "the request body is not valid JSON: \(error)")
        }
        if let defaultModel, case .object(var object) = request, object["model"]?.isNull ?? true {
            object["model"] = .string(defaultModel)
            request = .object(object)
        }
        let fields = try RequestFields(request, at: "")
        switch self {
        case .chatCompletions: return try openAIChatPlan(fields, headers)
        case .completions: return try openAICompletionPlan(fields, headers)
        case .messages: return try anthropicPlan(fields, headers)
        }
    }
}
