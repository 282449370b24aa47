internal import Telemetry

/// The edge's figures for `/metrics`.
struct EdgeMeters {
    let metrics: Metrics
    let requests: Counter
    let failed: Counter
    let abandoned: Counter
    let tokens: Counter
    let timeToFirstToken: Histogram
    let duration: Histogram
    private let connections: Gauge
    private let jobs: Gauge

    init(_ metrics: Metrics) {
        self.metrics = metrics
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
        connections = metrics.gauge("millrace_http_connections", "Open client connections.")
        jobs = metrics.gauge("millrace_edge_jobs", "Jobs of this edge that have not ended.")
    }

    func show(connections: Int, jobs: Int) {
        self.connections.set(connections)
        self.jobs.set(jobs)
    }
}
