/// How long to wait after a failure, and when to give up.
struct RetryPolicy {
    private var failureCount = 0

    /// Something came, so the next failure is the first again.
    mutating func progressed() { failureCount = 0 }

    /// Twice as long after every failure, and never shorter than the hub asked for; nil: give up.
    mutating func pause(asked: Duration? = nil) -> Duration? {
        failureCount += 1
        guard failureCount < ModelStoreLimits.failureCount,
            asked ?? .zero <= ModelStoreLimits.longestAskedPause
        else { return nil }
        let doubled = ModelStoreLimits.firstPause * (1 << (failureCount - 1))
        return max(min(doubled, ModelStoreLimits.longestPause), asked ?? .zero)
    }
}
