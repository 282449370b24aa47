internal import JSON

/// The answers about responses that are there.
extension ResponseTranscript {
    /// The response as it is now.
    public func answer(requestID: String) -> HttpAnswer {
        Dialect.openAI.answer(200, JSONValue.object(object).serialized, requestID: requestID)
    }

    /// That it is gone.
    public static func deletion(of id: ResponseID, requestID: String) -> HttpAnswer {
        let body: JSONObject = ["id": .string(id.description), "object": "response", "deleted": true]
        return Dialect.openAI.answer(200, JSONValue.object(body).serialized, requestID: requestID)
    }
}

/// A page of the items that a response was made from: those of the conversation behind it, then its own.
public struct ResponseItemPage: Sendable {
    private let limit: Int
    private let ascends: Bool
    private let after: String?
    private let before: String?

    /// From the pairs of a query string.
    public init(query: [(name: String, value: String)]) throws(DialectError) {
        func value(_ name: String) -> String? { query.last { $0.name == name }?.value }
        let range = RequestLimits.itemPage
        let text = value("limit") ?? "20"
        guard let limit = Int64(text), range.contains(limit) else {
            throw .invalid(
                "limit",
                "is \(text.quoted), it must be between \(range.lowerBound) and \(range.upperBound)"
            )
        }
        let order = value("order") ?? "desc"
        guard ["asc", "desc"].contains(order) else {
            throw .invalid("order", "is \(order.quoted), it must be one of asc, desc")
        }
        self.limit = Int(limit)
        ascends = order == "asc"
        after = value("after")
        before = value("before")
    }

    /// The page of a response at the end of `conversation`.
    public func answer(
        _ conversation: [StoredResponse],
        requestID: String
    ) throws(DialectError) -> HttpAnswer {
        var items: [JSONObject] = conversation.dropLast().flatMap(\.items)
        items += conversation.last?.input ?? []
        if !ascends { items.reverse() }
        var start = items.startIndex
        var end = items.endIndex
        if let after { start = try place(after, in: items, "after") + 1 }
        if let before { end = try place(before, in: items, "before") }
        let all = start < end ? items[start..<end] : []
        let page = before != nil && after == nil ? all.suffix(limit) : all.prefix(limit)
        let body: JSONObject = [
            "object": "list", "data": .array(page.map { .object($0) }),
            "first_id": page.first?["id"] ?? .null,
            "last_id": page.last?["id"] ?? .null, "has_more": .bool(page.count < all.count),
        ]
        return Dialect.openAI.answer(200, JSONValue.object(body).serialized, requestID: requestID)
    }

    private func place(_ id: String, in items: [JSONObject], _ field: String) throws(DialectError) -> Int {
        guard let place = items.firstIndex(where: { $0["id"]?.stringValue == id }) else {
            throw .invalid(field, "is \(id.quoted), which is none of the items")
        }
        return place
    }
}
