/// What a server has done since it started, for metrics; only grows, but for the two that say "open".
public struct HttpCounters: Sendable {
    /// Why a connection was ended by us and not by the client.
    public enum Closing: String, CaseIterable, Sendable {
        case headTimeout = "head_timeout"
        case bodyTimeout = "body_timeout"
        case idleTimeout = "idle_timeout"
        case lingerTimeout = "linger_timeout"
        case writeStall = "write_stall"
        case pendingLimit = "pending_limit"
        /// The handler let go of a stream without ending it.
        case unfinished
        case connectionLimit = "connection_limit"
        case descriptorLimit = "descriptor_limit"
    }

    public var openConnectionCount = 0
    public var openStreamCount = 0
    public var acceptedCount = 0
    public var requestCount = 0
    /// Replies whose client went away before they ended.
    public var abandonedCount = 0
    public var receivedBytes = 0
    public var sentBytes = 0
    /// Requests turned away before a handler saw them, by status.
    public var faults: [Int: Int] = [:]
    public var closings: [Closing: Int] = [:]

    public init() {}
}
