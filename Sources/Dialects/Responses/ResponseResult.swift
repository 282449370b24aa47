internal import JSON

/// What came of a response that has ended.
struct ResponseResult: Sendable {
    enum Status: String, Sendable {
        case completed
        case incomplete
        case failed
        case cancelled
    }

    var status: Status
    var items: [ResponseItem] = []
    /// Whether the client was told that it waits.
    var wasQueued = false
    /// Whether anything of it was made.
    var hasStarted = false
    var usage: JSONValue = .null
    /// Null unless it failed.
    var error: JSONValue = .null
    /// Null unless it is incomplete.
    var incompleteReason: JSONValue = .null
    /// Seconds since 1970.
    var ended: UInt64
    /// Whether it can be found again.
    var isStored = true
    /// Whether whoever made it has gone.
    var isLost = false

    static let lossDetail = "the server that made this response stopped before it had ended; ask again"

    init(_ status: Status, ended: UInt64) {
        self.status = status
        self.ended = ended
    }

    /// The last event of its stream; there is none of its own for one that was cancelled.
    var event: String {
        switch status {
        case .completed: "response.completed"
        case .incomplete, .cancelled: "response.incomplete"
        case .failed: "response.failed"
        }
    }

    /// Of a response that nobody works on any more.
    static let lost: ResponseResult = {
        var result = ResponseResult(.failed, ended: 0)
        result.isLost = true
        result.error = ["code": "server_error", "message": .string(lossDetail)]
        return result
    }()

    /// OpenAI has few words for what went wrong.
    static func error(_ error: DialectError) -> JSONValue {
        let code =
            switch ErrorRow(error.code).openAIStatus {
            case 400..<499: "invalid_prompt"
            case 503: "rate_limit_exceeded"
            default: "server_error"
            }
        return ["code": .string(code), "message": .string(error.detail)]
    }
}

/// In a store.
extension ResponseResult {
    var stored: JSONValue {
        [
            "status": .string(status.rawValue), "items": .array(items.map(\.stored)),
            "queued": .bool(wasQueued), "started": .bool(hasStarted), "usage": usage, "error": error,
            "incomplete": incompleteReason, "ended": .integer(Int64(clamping: ended)),
        ]
    }

    init?(_ stored: JSONValue, of id: ResponseID) {
        guard let status = stored["status"]?.stringValue.flatMap({ Status(rawValue: $0) }) else { return nil }
        self.init(status, ended: UInt64(clamping: stored["ended"]?.integerValue ?? 0))
        items = (stored["items"]?.arrayValue ?? []).compactMap { ResponseItem(stored: $0) }
        wasQueued = stored["queued"]?.boolValue ?? false
        hasStarted = stored["started"]?.boolValue ?? false
        usage = stored["usage"] ?? .null
        error = stored["error"] ?? .null
        incompleteReason = stored["incomplete"] ?? .null
    }
}
