internal import Retries
internal import Telemetry

/// How often requests come again, and what is kept for them, for `/metrics`.
struct RetryMeters {
    private let joined: [RetryBook.Reason: Counter]
    private let replayed: Counter
    private let conflicts: Counter
    private let replies: Gauge
    private let bytes: Gauge
    /// What of this loop the gauges hold already.
    private var shownCount = 0
    private var shownByteCount = 0

    init(_ metrics: Metrics) {
        joined = Dictionary(
            uniqueKeysWithValues: RetryBook.Reason.allCases.map { reason in
                let counter = metrics.counter(
                    "millrace_requests_joined_total",
                    "Requests that were given the reply which was being made for another one.",
                    ["by": reason.rawValue]
                )
                return (reason, counter)
            }
        )
        replayed = metrics.counter(
            "millrace_requests_replayed_total",
            "Requests that were told a finished reply again, by their key."
        )
        conflicts = metrics.counter(
            "millrace_requests_conflicting_total",
            "Requests whose key was used for another request."
        )
        replies = metrics.gauge("millrace_kept_replies", "Finished replies that are kept for their keys.")
        bytes = metrics.gauge("millrace_kept_reply_bytes", "Memory of replies that others may ask for.")
    }

    func joined(_ reason: RetryBook.Reason) { joined[reason]?.increment() }
    func noteReplay() { replayed.increment() }
    func noteConflict() { conflicts.increment() }

    /// Adds what has changed on this loop since the last time.
    mutating func show(count: Int, byteCount: Int) {
        replies.add(Double(count - shownCount))
        bytes.add(Double(byteCount - shownByteCount))
        (shownCount, shownByteCount) = (count, byteCount)
    }
}
