internal import Contract
internal import JSON

/// Errors in the words of each API.
extension Dialect {
    /// The answer to a request that failed before any of its reply was sent.
    public func answer(to error: DialectError, requestID: String) -> HttpAnswer {
        answer(to: error, ErrorRow(error.code), requestID)
    }

    /// The answer to a request that HTTP itself turns away with `status`.
    public func answer(toFault status: Int, _ sentence: String, requestID: String) -> HttpAnswer {
        answer(to: DialectError(.invalidRequest, sentence), ErrorRow(httpStatus: status), requestID)
    }

    private func answer(to error: DialectError, _ row: ErrorRow, _ requestID: String) -> HttpAnswer {
        var headers: [HttpField] = []
        switch row.retry {
        case .byStatus: break
        case .soon: headers.append(HttpField("retry-after", String(error.retryAfterSeconds ?? 1)))
        case .never: headers.append(HttpField("x-should-retry", "false"))
        }
        let status = self == .openAI ? row.openAIStatus : row.anthropicStatus
        return answer(status, errorBody(error, row, requestID), requestID: requestID, more: headers)
    }

    /// The last event of a stream that broke.
    ///
    /// Neither SDK expects anything behind it: OpenAI's raises on an `error`
    /// member, Anthropic's on the event's name. There is no `[DONE]`, because it is not done.
    func appendErrorEvent(_ error: DialectError, requestID: String, to bytes: inout [UInt8]) {
        bytes += (self == .openAI ? "data: " : "event: error\ndata: ").utf8
        bytes += errorBody(error, ErrorRow(error.code), requestID)
        bytes += "\n\n".utf8
    }

    private func errorBody(_ error: DialectError, _ row: ErrorRow, _ requestID: String) -> [UInt8] {
        switch self {
        case .openAI:
            let members: JSONObject = [
                "message": .string(Self.detail(of: error)),
                "type": .string(row.openAIType),
                "param": error.field.map { .string($0) } ?? .null,
                "code": row.openAICode.map { .string($0) } ?? .null,
            ]
            return JSONValue.object(["error": .object(members)]).serialized
        case .anthropic:
            let members: JSONObject = [
                "type": .string(row.anthropicType), "message": .string(Self.detail(of: error)),
            ]
            let body: JSONObject = [
                "type": "error", "error": .object(members), "request_id": .string(requestID),
            ]
            return JSONValue.object(body).serialized
        }
    }

    /// Agents look for these words to know that they must shorten the conversation.
    private static func detail(of error: DialectError) -> String {
        error.code == .contextExceeded ? "prompt is too long: \(error.detail)" : error.detail
    }
}
