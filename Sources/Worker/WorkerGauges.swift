internal import Contract
internal import Engine
internal import Roles
internal import Telemetry

/// The worker's figures for `/metrics`.
struct WorkerGauges {
    private let jobs: Gauge
    private let running: Gauge
    private let steps: Counter
    private let tokens: Counter
    private let waiting: Gauge
    private let preemptions: Gauge

    init(_ metrics: Metrics) {
        jobs = metrics.gauge("millrace_worker_jobs", "Jobs that this worker holds.")
        running = metrics.gauge("millrace_worker_running", "Sequences in the batch after the last step.")
        steps = metrics.counter("millrace_engine_steps_total", "Engine steps.")
        tokens = metrics.counter("millrace_generated_tokens_total", "Tokens generated.")
        waiting = metrics.gauge("millrace_worker_waiting", "Sequences waiting for a place in the batch.")
        preemptions = metrics.gauge(
            "millrace_preemptions",
            "Sequences that lost their memory and were computed again."
        )
    }

    func show(_ role: WorkerRole) { jobs.set(role.jobCount) }

    func show(_ report: EngineReport) {
        steps.increment()
        tokens.increment(by: report.records.reduce(0) { $0 + UInt64($1.ids.count) })
        running.set(report.counters.running)
        waiting.set(report.counters.waiting)
        preemptions.set(report.counters.preemptions)
    }
}
