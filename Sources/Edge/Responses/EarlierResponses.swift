internal import Contract
internal import Dialects
internal import ResponseStore

/// What a request builds on, as the store had it.
struct EarlierResponses: Sendable {
    /// From the first response to the previous one.
    var conversation: [StoredResponse] = []
    /// Those whose items are named.
    var named: [StoredResponse] = []

    /// What a store found of the conversation that ends in `last`, which `field` of the request names.
    static func reading(
        _ outcome: Result<ResponseLookup, ResponseStoreError>,
        upTo last: ResponseID?,
        _ field: String?
    ) -> Result<EarlierResponses, DialectError> {
        Result { () throws(DialectError) in
            switch outcome {
            case .failure(let error): throw DialectError(error)
            case .success(let lookup): return try read(lookup, upTo: last, field)
            }
        }
    }

    private static func read(
        _ lookup: ResponseLookup,
        upTo last: ResponseID?,
        _ field: String?
    ) throws(DialectError) -> EarlierResponses {
        if let missing = lookup.missing {
            let id = ResponseID(missing)
            guard id != last else { throw .noResponse("\(id)", field) }
            throw DialectError(
                .notFound,
                "\(id), which the conversation builds on, is not stored any more",
                field: lookup.named.isEmpty && last != nil ? field : "input"
            )
        }
        guard !lookup.isTooLong else {
            throw DialectError(.tooLarge, "the conversation that it goes on from is too long", field: field)
        }
        var earlier = EarlierResponses()
        for row in lookup.conversation { earlier.conversation.append(try read(row)) }
        for row in lookup.named { earlier.named.append(try read(row)) }
        return earlier
    }

    private static func read(_ row: ResponseRow) throws(DialectError) -> StoredResponse {
        guard let response = StoredResponse(row) else { throw .unreadable(ResponseID(row.id)) }
        return response
    }
}
