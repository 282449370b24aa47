/// We said no before starting: nothing was computed and nothing shown.
public struct Refusal: Hashable, Sendable, Error {
    public var code: ErrorCode
    /// For people; names the field, the file or the limit.
    public var detail: String
    /// When to come back, computed from the queue.
    public var retryAfterSeconds: UInt32?

    public init(_ code: ErrorCode, _ detail: String, retryAfterSeconds: UInt32? = nil) {
        self.code = code
        self.detail = detail
        self.retryAfterSeconds = retryAfterSeconds
    }
}

/// It broke after it had started.
public struct Failure: Hashable, Sendable, Error {
    public var code: ErrorCode
    public var detail: String

    public init(_ code: ErrorCode, _ detail: String) {
        self.code = code
        self.detail = detail
    }
}

/// The stable words for what went wrong, across processes.
///
/// `schemas/errors.json` lists them; dialects alone turn them into an HTTP status and an error body.
public enum ErrorCode: String, CaseIterable, Sendable {
    // The caller's doing
    case invalidRequest = "invalid_request"
    case unknownModel = "unknown_model"
    case contextExceeded = "context_exceeded"
    case tooLarge = "too_large"
    case notFound = "not_found"
    case methodNotAllowed = "method_not_allowed"
    case templateRaised = "template_raised"
    case unauthorized = "unauthorized"
    case keyReused = "idempotency_key_reused"
    // Our limits
    case laneFull = "lane_full"
    case draining = "draining"
    case noWorkers = "no_workers"
    case modelFailed = "model_failed"
    case memoryExceeded = "memory_exceeded"
    case deadlineExceeded = "deadline_exceeded"
    case deadlineUnreachable = "deadline_unreachable"
    // Breakage
    case quarantined = "quarantined"
    case streamLost = "stream_lost"
    case streamMoved = "stream_moved"
    case engineFailed = "engine_failed"
    case cancelled = "cancelled"
    case storeFailed = "store_failed"
    // Peers
    case malformedFrame = "malformed_frame"
    case unsupported = "unsupported"
    case unsupportedVersion = "unsupported_version"
    case frameTooLarge = "frame_too_large"
    case peerDropped = "peer_dropped"
}
