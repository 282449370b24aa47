internal import Contract
internal import Engine
internal import Roles
internal import Telemetry

/// The worker's figures for `/metrics`, those of its engines by model.
struct WorkerGauges {
    fileprivate struct OfEngine {
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

    private let metrics: Metrics
    private let jobs: Gauge
    private let holdings: Gauge
    private let usedMemory: Gauge
    private let allMemory: Gauge
    private let loads: Counter
    private let failedLoads: Counter
    private var engines: [String: OfEngine] = [:]
    /// What each slot's engine has counted so far: a model's figures go on over its loads.
    private var counted: [Int: EngineCounters] = [:]

    init(_ metrics: Metrics) {
        self.metrics = metrics
        jobs = metrics.gauge("millrace_worker_jobs", "Jobs that this worker holds.")
        holdings = metrics.gauge(
            "millrace_prefix_holdings",
            "Beginnings of prompts that this worker holds and tells the coordinator of."
        )
        usedMemory = metrics.gauge("millrace_models_bytes", "Memory of the models that are loaded.")
        allMemory = metrics.gauge("millrace_models_budget_bytes", "Memory that models may take together.")
        let words = "Loads of models, by how they ended."
        loads = metrics.counter("millrace_model_loads_total", words, ["end": "loaded"])
        failedLoads = metrics.counter("millrace_model_loads_total", words, ["end": "failed"])
    }

    func show(_ role: WorkerRole) {
        jobs.set(role.jobCount)
        holdings.set(role.holdingCount)
        guard let bytes = role.poolBytes else { return }
        usedMemory.set(Int(clamping: bytes.used))
        allMemory.set(Int(clamping: bytes.budget))
    }

    func countLoad(failed: Bool) { (failed ? failedLoads : loads).increment() }

    mutating func show(_ report: EngineReport, of model: String) {
        let before = counted[report.slot] ?? EngineCounters()
        counted[report.slot] = report.counters
        let engine = engine(of: model)
        engine.steps.increment()
        engine.tokens.increment(by: report.records.reduce(0) { $0 + UInt64($1.ids.count) })
        engine.show(report.counters)
        engine.count(report.counters, since: before)
    }

    /// A model is there: its figures are shown before its first step.
    mutating func note(_ model: String) { _ = engine(of: model) }

    /// An engine is gone, and what it held with it.
    mutating func forget(_ slot: Int, of model: String) {
        if counted.removeValue(forKey: slot) != nil { engine(of: model).show(EngineCounters()) }
    }

    private mutating func engine(of model: String) -> OfEngine {
        if let known = engines[model] { return known }
        let made = OfEngine(metrics.labelled(["model": model]))
        engines[model] = made
        return made
    }
}

extension WorkerGauges.OfEngine {
    fileprivate func show(_ counters: EngineCounters) {
        running.set(counters.running)
        waiting.set(counters.waiting)
        paused.set(counters.paused)
        usedBlocks.set(counters.usedBlocks)
        cachedBlocks.set(counters.cachedBlocks)
    }

    fileprivate func count(_ now: EngineCounters, since before: EngineCounters) {
        pauses.increment(by: now.pauses - before.pauses)
        swaps.increment(by: now.swaps - before.swaps)
        preemptions.increment(by: now.preemptions - before.preemptions)
        promptTokens.increment(by: now.promptTokens - before.promptTokens)
        reusedTokens.increment(by: now.reusedTokens - before.reusedTokens)
        evictions.increment(by: now.evictions - before.evictions)
        proposedTokens.increment(by: now.proposedTokens - before.proposedTokens)
        acceptedTokens.increment(by: now.acceptedTokens - before.acceptedTokens)
    }
}
