/// What an edge does about requests that come again.
public struct RetryOptions: Hashable, Sendable {
    /// How long a finished reply is kept for its key.
    public var keepTime: Duration
    /// Of all replies that are kept.
    public var byteCount: Int
    /// How long a job runs on without its client.
    public var grace: Duration
    /// Whether identical requests whose answer is certain share a job.
    public var sharesJobs: Bool

    init(_ settings: Settings) {
        keepTime = .seconds(settings.number(.retryKeep))
        byteCount = settings.integer(.retryMemory)
        grace = .seconds(settings.number(.retryGrace))
        sharesJobs = settings.text(.singleFlight) == "on"
    }
}
