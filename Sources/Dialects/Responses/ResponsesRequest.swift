internal import Contract
internal import JSON

/// A request for a response, understood as far as it goes without what it builds on.
///
/// In two steps, because a conversation may lie in a store: what has to be looked up is told first, and the
/// plan is made when it is there. It is the plan of a chat with the same messages.
public struct ResponsesRequest: Sendable {
    public static let path = "/v1/responses"
    public static let countPath = "/v1/responses/input_tokens"

    public let model: String
    public let streams: Bool
    /// The response that the conversation goes on from.
    public let previous: ResponseID?
    /// Responses whose items are named.
    public let references: [ResponseID]
    private let fields: RequestFields
    private let headers: RequestHeaders
    private let input: ResponseInput
    private let tools: ToolUse
    private let settings: ResponseSettings

    /// Whether the reply is to be found again.
    public var isStored: Bool { settings.isStored }
    /// Whether it goes on without its client.
    public var isBackground: Bool { settings.isBackground }

    /// `volatile` is taken out of the prompt's texts.
    public init(
        body: some Collection<UInt8>,
        headers: RequestHeaders,
        defaultModel: String? = nil,
        volatile: VolatileText = .standard
    ) throws(DialectError) {
        let fields = try RequestFields(body: body, headers, defaultModel: defaultModel, volatile: volatile)
        self.fields = fields
        self.headers = headers
        model = try fields.modelName()
        for field in UnsupportedField.response { try field.check(fields) }
        streams = try fields.flag("stream") ?? false
        input = try ResponseInput(fields)
        tools = try ToolUse(openAI: fields, .flat)
        settings = try ResponseSettings(fields, tools)
        previous = try fields.text("previous_response_id").map { (text) throws(DialectError) in
            guard let id = ResponseID(text) else { throw .noResponse(text, "previous_response_id") }
            return id
        }
        references = try input.references.map { (id, place) throws(DialectError) in
            guard let response = ResponseID(item: id) else {
                throw DialectError(
                    .notFound,
                    "\(place) names the item \(id.quoted), which is not stored",
                    field: place
                )
            }
            return response
        }
    }

    /// The plan, behind `earlier`: the conversation's responses from the first to the previous one, and those
    /// whose items are named.
    public func plan(
        behind earlier: [StoredResponse] = [],
        naming named: [StoredResponse] = []
    ) throws(DialectError) -> GenerationPlan {
        let (context, input, reasoning) = try context(earlier, named)
        var read = try SamplingFields.openAI(fields, headers, maxTokens: ["max_output_tokens"])
        try read.readResponseLogprobs(isIncluded: settings.tellsLogprobs)
        var shape = try shape(.response(ResponseDraft(settings: settings, input: input)), reasoning)
        shape.maxTokens = read.limits.maxTokens
        shape.tellsLogprobs = settings.tellsLogprobs
        var plan = GenerationPlan(.openAI, context, read, shape, reasoning)
        try plan.separate(by: fields)
        try plan.constrain(by: fields)
        return plan
    }

    /// The plan of counting the same prompt.
    public func countPlan(
        behind earlier: [StoredResponse] = [],
        naming named: [StoredResponse] = []
    ) throws(DialectError) -> GenerationPlan {
        let (context, _, reasoning) = try context(earlier, named)
        var read = try SamplingFields.nothing(fields, headers)
        // What a coordinator sets aside for it.
        read.limits.maxTokens = 1
        var shape = try shape(.task(.inputTokens), reasoning)
        shape.streams = false
        var plan = GenerationPlan(.openAI, [context.prompt], read, shape)
        for index in plan.jobs.indices { plan.jobs[index].task = .count }
        return plan
    }

    private func shape(
        _ kind: ReplyShape.Kind,
        _ reasoning: ReasoningUse
    ) throws(DialectError) -> ReplyShape {
        ReplyShape(
            kind: kind,
            model: model,
            streams: streams,
            includesUsage: true,
            lane: try .asked(by: fields, headers, .openAI),
            promptCount: 1,
            choicesPerPrompt: 1,
            thinking: reasoning.display
        )
    }

    private func context(
        _ earlier: [StoredResponse],
        _ named: [StoredResponse]
    ) throws(DialectError) -> (ChatContext, ResponseInput, ReasoningUse) {
        if let last = earlier.last, last.isRunning {
            throw .invalid("previous_response_id", "names \(last.id), which is still running")
        }
        var input = input
        try input.resolve { id in
            for response in named + earlier { if let item = response.item(id) { return item } }
            return nil
        }
        var history = try ResponseHistory(fields.volatile, instructions: try fields.text("instructions"))
        for response in earlier {
            for item in response.items { try history.append(item, at: "previous_response_id") }
        }
        for entry in input.entries { try history.append(entry.item, at: entry.place) }
        let reasoning = try ReasoningUse(openAI: fields)
        var context = ChatContext()
        try history.end()
        context.messages = history.messages
        context.outline = history.outline
        guard context.messages.count <= RequestLimits.messageCount else {
            throw .invalid(
                "previous_response_id",
                "leads to \(context.messages.count) messages, at most \(RequestLimits.messageCount) are "
                    + "allowed"
            )
        }
        guard !input.entries.isEmpty || !earlier.isEmpty else {
            throw .invalid(fields.name("input"), "is required")
        }
        context.tools = tools
        try context.readVariables(fields, reasoning)
        return (context, input, reasoning)
    }
}

extension DialectError {
    /// For an id that is unknown, or that of somebody else.
    public static func noResponse(_ id: String, _ field: String? = nil) -> DialectError {
        let place = field.map { "\($0) names " } ?? ""
        let name = "the response \(id.quoted)"
        return DialectError(
            .notFound,
            field == nil ? "\(name) does not exist" : "\(place)\(name), which does not exist",
            field: field
        )
    }
}
