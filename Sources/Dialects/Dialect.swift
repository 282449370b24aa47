internal import JSON

/// Which of the two client APIs a caller speaks.
///
/// Decides the shape of what both have in common: errors, model lists and header names.
public enum Dialect: String, CaseIterable, Sendable {
    case openAI = "openai"
    case anthropic

    /// The caller's dialect on a path that both APIs have.
    ///
    /// Both accept either kind of key, so only the version header tells them apart: Anthropic requires it and
    /// OpenAI does not know it.
    public init(of headers: RequestHeaders) {
        self = headers["anthropic-version"] == nil ? .openAI : .anthropic
    }

    /// The header in which this API names a request.
    public var requestIDHeader: String {
        switch self {
        case .openAI: "x-request-id"
        case .anthropic: "request-id"
        }
    }

    /// The headers of a reply that is streamed, status 200.
    ///
    /// `x-accel-buffering` keeps nginx from holding tokens back.
    public func streamHeaders(requestID: String) -> [HttpField] {
        [
            HttpField("content-type", "text/event-stream; charset=utf-8"),
            HttpField("cache-control", "no-cache"),
            HttpField("x-accel-buffering", "no"),
            HttpField(requestIDHeader, requestID),
        ]
    }

    /// What a client is told about the room that is left, under the names that each SDK's users look for.
    ///
    /// Only requests are limited here, and a place is free as soon as one of them ends.
    public func limitHeaders(limit: Int, remaining: Int, now: UInt64) -> [HttpField] {
        let left = String(max(0, remaining))
        switch self {
        case .openAI:
            return [
                HttpField("x-ratelimit-limit-requests", String(limit)),
                HttpField("x-ratelimit-remaining-requests", left),
                HttpField("x-ratelimit-reset-requests", "0s"),
            ]
        case .anthropic:
            return [
                HttpField("anthropic-ratelimit-requests-limit", String(limit)),
                HttpField("anthropic-ratelimit-requests-remaining", left),
                HttpField(
                    "anthropic-ratelimit-requests-reset",
                    UTCTime(secondsSince1970: now).rfc3339
                ),
            ]
        }
    }

    /// A complete answer with a JSON body.
    func answer(
        _ status: Int,
        _ body: [UInt8],
        requestID: String,
        more headers: [HttpField] = []
    ) -> HttpAnswer {
        let own = [HttpField("content-type", "application/json"), HttpField(requestIDHeader, requestID)]
        return HttpAnswer(status: status, headers: own + headers, body: body)
    }
}
