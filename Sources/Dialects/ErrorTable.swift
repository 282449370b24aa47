internal import Contract

/// How one error code looks to a client: the single place where codes become HTTP.
struct ErrorRow {
    var openAIStatus: Int
    var openAIType: String
    /// Null for a plain bad request, as OpenAI has it.
    var openAICode: String?
    var anthropicStatus: Int
    var anthropicType: String
    /// Whether the same request may go well a little later.
    var retry: Retry

    enum Retry {
        /// Nothing said: both SDKs decide by the status.
        case byStatus
        /// Always with `retry-after`.
        case soon
        /// `x-should-retry: false`: the same request would end the same way or was meant to end.
        case never
    }

    private init(_ status: Int, _ openAI: (type: String, code: String?), _ anthropic: String, _ retry: Retry)
    {
        openAIStatus = status
        openAIType = openAI.type
        openAICode = openAI.code
        anthropicStatus = anthropic == "overloaded_error" ? 529 : status
        anthropicType = anthropic
        self.retry = retry
    }

    /// The caller's doing.
    private static func request(
        _ status: Int,
        _ code: String?,
        _ anthropic: String = "invalid_request_error"
    ) -> ErrorRow {
        ErrorRow(status, ("invalid_request_error", code), anthropic, .byStatus)
    }

    /// Our limits: the caller did nothing wrong and should come back.
    private static func overload(_ code: ErrorCode) -> ErrorRow {
        ErrorRow(503, ("server_error", code.rawValue), "overloaded_error", .soon)
    }

    private static func breakage(
        _ status: Int,
        _ code: ErrorCode,
        _ anthropic: String,
        _ retry: Retry
    ) -> ErrorRow {
        ErrorRow(status, ("server_error", code.rawValue), anthropic, retry)
    }

    /// For a request that never became one of an API.
    init(httpStatus status: Int) {
        self =
            switch status {
            case 413: .request(413, "request_too_large", "request_too_large")
            case 503: ErrorRow(503, ("server_error", nil), "overloaded_error", .soon)
            case 500...: ErrorRow(status, ("server_error", nil), "api_error", .byStatus)
            default: .request(status, nil)
            }
    }

    init(_ code: ErrorCode) {
        self =
            switch code {
            case .invalidRequest: .request(400, nil)
            case .unknownModel: .request(404, "model_not_found", "not_found_error")
            case .contextExceeded: .request(400, "context_length_exceeded")
            case .tooLarge: .request(413, "request_too_large", "request_too_large")
            case .notFound: .request(404, "not_found", "not_found_error")
            case .streamLost: .request(404, "stream_lost", "not_found_error")
            case .streamMoved: .request(409, "stream_moved")
            case .methodNotAllowed: .request(405, "method_not_allowed")
            case .templateRaised: .request(400, "template_raised")
            case .unsupported: .request(400, "unsupported_parameter")
            case .keyReused: .request(422, "idempotency_key_reused")
            case .unauthorized: .request(401, "invalid_api_key", "authentication_error")
            case .laneFull, .draining, .noWorkers, .memoryExceeded, .deadlineUnreachable: .overload(code)
            case .modelFailed: .breakage(503, code, "api_error", .never)
            case .deadlineExceeded: .breakage(504, code, "timeout_error", .never)
            case .quarantined: .breakage(500, code, "api_error", .never)
            // nginx's word for a client that went away; no API has one.
            case .cancelled: .breakage(499, code, "api_error", .never)
            case .engineFailed, .storeFailed, .malformedFrame, .unsupportedVersion,
                .frameTooLarge,
                .peerDropped:
                .breakage(500, code, "api_error", .byStatus)
            }
    }
}
