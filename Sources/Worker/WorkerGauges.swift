internal import Contract
internal import Engine
internal import Roles
internal import Telemetry

/// The worker's figures for `/metrics`, those of its engines by model.
struct WorkerGauges {
    private struct OfEngine {
        let running: Gauge
        let waiting: Gauge
        let steps: Counter
        let tokens: Counter
        let paused: Gauge
        let pauses: Counter
        let swaps: Counter
        let preemptions: Counter
        let promptTokens: Counter
        let reusedTokens: Counter
        let usedBlocks: Gauge
        let cachedBlocks: Gauge
        let evictions: Counter
        let proposedTokens: Counter
        let acceptedTokens: Counter

        init(_ metrics: Metrics) {
            running = metrics.gauge(
                "millrace_worker_running",
                "Sequences in the batch after the last step."
            )
            waiting = metrics.gauge(
                "millrace_worker_waiting",
                "Sequences waiting for a place in the batch."
            )
            steps = metrics.counter("millrace_engine_steps_total", "Engine steps.")
            tokens = metrics.counter("millrace_generated_tokens_total", "Tokens generated.")
            paused = metrics.gauge(
                "millrace_worker_paused",
                "Low sequences that stand aside for high ones after the last step."
            )
            let preemptions =
                "Sequences that stood aside for a more urgent one, those of them that the disk was given too,"
                + " and sequences that lost their memory and were computed again."
            let counts = ["paused", "swapped", "recomputed"].map {
                metrics.counter("millrace_preemptions_total", preemptions, ["kind": $0])
            }
            (pauses, swaps, self.preemptions) = (counts[0], counts[1], counts[2])
            promptTokens = metrics.counter("millrace_prompt_tokens_total", "Tokens of prompts computed.")
            reusedTokens = metrics.counter(
                "millrace_reused_tokens_total",
                "Tokens of prompts whose keys and values were in memory already."
            )
            let blocks = "Blocks of KV memory after the last step, by what holds them."
            usedBlocks = metrics.gauge("millrace_kv_blocks", blocks, ["state": "used"])
            cachedBlocks = metrics.gauge("millrace_kv_blocks", blocks, ["state": "cached"])
            evictions = metrics.counter(
                "millrace_evictions_total",
                "Cached blocks whose memory was wanted for something else."
            )
            proposedTokens = metrics.counter("millrace_proposed_tokens_total", "Tokens guessed ahead.")
            acceptedTokens = metrics.counter(
                "millrace_accepted_tokens_total",
                "Tokens that had been guessed ahead rightly."
            )
        }
    }

    private let jobs: Gauge
    private let holdings: Gauge
    private let engines: [OfEngine]

    /// `models`: in the order of the engines.
    init(_ metrics: Metrics, models: [String]) {
        jobs = metrics.gauge("millrace_worker_jobs", "Jobs that this worker holds.")
        holdings = metrics.gauge(
            "millrace_prefix_holdings",
            "Beginnings of prompts that this worker holds and tells the coordinator of."
        )
        engines = models.map { OfEngine(metrics.labelled(["model": $0])) }
    }

    func show(_ role: WorkerRole) {
        jobs.set(role.jobCount)
        holdings.set(role.holdingCount)
    }

    func show(_ report: EngineReport) {
        let engine = engines[report.model]
        engine.steps.increment()
        engine.tokens.increment(by: report.records.reduce(0) { $0 + UInt64($1.ids.count) })
        engine.running.set(report.counters.running)
        engine.waiting.set(report.counters.waiting)
        engine.paused.set(report.counters.paused)
        engine.pauses.advance(to: report.counters.pauses)
        engine.swaps.advance(to: report.counters.swaps)
        engine.preemptions.advance(to: report.counters.preemptions)
        engine.promptTokens.advance(to: report.counters.promptTokens)
        engine.reusedTokens.advance(to: report.counters.reusedTokens)
        engine.usedBlocks.set(report.counters.usedBlocks)
        engine.cachedBlocks.set(report.counters.cachedBlocks)
        engine.evictions.advance(to: report.counters.evictions)
        engine.proposedTokens.advance(to: report.counters.proposedTokens)
        engine.acceptedTokens.advance(to: report.counters.acceptedTokens)
    }
}
