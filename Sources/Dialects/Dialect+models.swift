public import Contract
internal import JSON

/// `GET /v1/models` and `/v1/models/{id}` in the words of each API.
extension Dialect {
    /// The list of what can be asked for.
    ///
    /// Anthropic's comes in pages (`limit`, `after_id`, `before_id` of `query`); OpenAI's is always whole.
    public func modelList(
        _ models: [ModelCard],
        query: [(name: String, value: String)] = [],
        requestID: String
    )
        throws(DialectError) -> HttpAnswer
    {
        guard self == .anthropic else {
            let body: JSONObject = ["object": "list", "data": .array(models.map(item))]
            return answer(200, JSONValue.object(body).serialized, requestID: requestID)
        }
        let page = try ModelPage(models, query)
        let body: JSONObject = [
            "data": .array(page.models.map(item)),
            "has_more": .bool(page.hasMore),
            "first_id": page.models.first.map { .string($0.name) } ?? .null,
            "last_id": page.models.last.map { .string($0.name) } ?? .null,
        ]
        return answer(200, JSONValue.object(body).serialized, requestID: requestID)
    }

    /// One model.
    public func model(_ model: ModelCard, requestID: String) -> HttpAnswer {
        answer(200, item(model).serialized, requestID: requestID)
    }

    private func item(_ model: ModelCard) -> JSONValue {
        switch self {
        case .openAI:
            [
                "id": .string(model.name),
                "object": "model",
                "state": .string(model.shownState.rawValue),
                "created": .integer(Int64(clamping: model.created)),
                "owned_by": "millrace",
                // vLLM's name for it; clients that fill a context look here.
                "max_model_len": .integer(Int64(model.contextTokens)),
            ]
        case .anthropic:
            [
                "type": "model",
                "id": .string(model.name),
                "state": .string(model.shownState.rawValue),
                "display_name": .string(model.name),
                "created_at": .string(UTCTime(secondsSince1970: model.created).rfc3339),
                "lifecycle": "active",
                "max_input_tokens": .integer(Int64(model.contextTokens)),
                "max_tokens": .integer(Int64(model.contextTokens)),
            ]
        }
    }
}

/// The part of a model list that an Anthropic client asked for.
private struct ModelPage {
    var models: [ModelCard]
    /// Whether the list goes on in the direction of reading.
    var hasMore: Bool

    private static let defaultLimit: Int64 = 20

    init(_ all: [ModelCard], _ query: [(name: String, value: String)]) throws(DialectError) {
        let values = Dictionary(query.map { ($0.name, $0.value) }) { first, _ in first }
        let limit = try Self.limit(values["limit"])
        var rest = all[...]
        if let id = values["after_id"] { rest = rest[(try Self.place(of: id, "after_id", in: all) + 1)...] }
        if let id = values["before_id"] {
            rest = rest.prefix(upTo: max(rest.startIndex, try Self.place(of: id, "before_id", in: all)))
            models = Array(rest.suffix(limit))
        } else {
            models = Array(rest.prefix(limit))
        }
        hasMore = rest.count > models.count
    }

    private static func limit(_ text: String?) throws(DialectError) -> Int {
        guard let text else { return Int(defaultLimit) }
        let range = RequestLimits.modelPage
        guard let limit = Int64(text), range.contains(limit) else {
            throw .invalid(
                "limit",
                "is \(text.quoted), it must be between \(range.lowerBound) and \(range.upperBound)"
            )
        }
        return Int(limit)
    }

    private static func place(
        of id: String,
        _ field: String,
        in models: [ModelCard]
    ) throws(DialectError) -> Int {
        guard let place = models.firstIndex(where: { $0.name == id }) else {
            throw .invalid(field, "is \(id.quoted), which is not a model of this server")
        }
        return place
    }
}

extension ModelCard {
    /// Whether it can be used, for clients.
    fileprivate var shownState: ModelState { state ?? (isServed ? .loaded : .away) }
}
