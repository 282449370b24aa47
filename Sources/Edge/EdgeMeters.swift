internal import Http
internal import Telemetry

/// The edge's figures for `/metrics`, which all loops of the process add up in.
struct EdgeMeters {
    let metrics: Metrics
    let requests: Counter
    let failed: Counter
    let abandoned: Counter
    let tokens: Counter
    let timeToFirstToken: Histogram
    let duration: Histogram
    var tenants: TenantMeters
    let prompts: PromptMeters
    var retries: RetryMeters
    private let connections: Gauge
    private let jobs: Gauge
    private let httpRequests: Counter
    /// What of this loop the figures hold already.
    private var shown = HttpCounters()
    private var shownJobCount = 0

    init(_ metrics: Metrics, tenants: Set<String>) {
        self.metrics = metrics
        self.tenants = TenantMeters(metrics, tenants: tenants)
        requests = metrics.counter("millrace_requests_total", "Requests for text that were understood.")
        failed = metrics.counter(
            "millrace_requests_failed_total",
            "Requests for text that ended in an error."
        )
        abandoned = metrics.counter("millrace_requests_abandoned_total", "Requests whose client went away.")
        tokens = metrics.counter("millrace_shown_tokens_total", "Tokens committed to streams.")
        let bounds = Histogram.latencyBounds
        timeToFirstToken = metrics.histogram(
            "millrace_time_to_first_token_seconds",
            "From the request to its first token.",
            bounds: bounds
        )
        duration = metrics.histogram(
            "millrace_request_seconds",
            "From the request to the end of its reply.",
            bounds: bounds
        )
        prompts = PromptMeters(metrics)
        retries = RetryMeters(metrics)
        connections = metrics.gauge("millrace_http_connections", "Open client connections.")
        jobs = metrics.gauge("millrace_edge_jobs", "Jobs of this edge that have not ended.")
        httpRequests = metrics.counter(
            "millrace_http_requests_total",
            "Requests that were read to their end."
        )
    }

    /// Adds what has changed on this loop since the last time.
    mutating func show(_ counters: HttpCounters, jobCount: Int) {
        connections.add(Double(counters.openConnectionCount - shown.openConnectionCount))
        jobs.add(Double(jobCount - shownJobCount))
        httpRequests.increment(by: UInt64(clamping: counters.requestCount - shown.requestCount))
        for (status, count) in counters.faults {
            let faults = metrics.counter(
                "millrace_http_refused_requests_total",
                "Requests that HTTP itself turned away, by the status of the reply.",
                ["status": "\(status)"]
            )
            faults.increment(by: UInt64(clamping: count - shown.faults[status, default: 0]))
        }
        for (reason, count) in counters.closings {
            let closings = metrics.counter(
                "millrace_http_closed_connections_total",
                "Connections that this server ended and not their client.",
                ["reason": reason.rawValue]
            )
            closings.increment(by: UInt64(clamping: count - shown.closings[reason, default: 0]))
        }
        shown = counters
        shownJobCount = jobCount
    }
}
