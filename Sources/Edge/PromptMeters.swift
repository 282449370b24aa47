internal import Dialects
internal import Telemetry

/// How long prompts are, how much of them was known, and where they parted from that, for `/metrics`.
struct PromptMeters {
    private let tokens: Histogram
    private let fromMemory: Counter
    private let fromDisk: Counter
    private let whole: Counter
    private let parted: [PromptDivergence.Kind: Counter]

    private static let tokenBounds: [Double] = [
        64, 256, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072, 262_144,
    ]

    init(_ metrics: Metrics) {
        tokens = metrics.histogram(
            "millrace_request_prompt_tokens",
            "Tokens of the prompts of requests for text.",
            bounds: Self.tokenBounds
        )
        let reused = "Tokens of these prompts that were not computed for them, by where they came from."
        let name = "millrace_request_reused_tokens_total"
        fromMemory = metrics.counter(name, reused, ["source": "memory"])
        fromDisk = metrics.counter(name, reused, ["source": "disk"])
        func counter(_ part: String) -> Counter {
            metrics.counter(
                "millrace_prompt_divergence_total",
                "Prompts by the part of the request in which they parted from what was known.",
                ["part": part]
            )
        }
        whole = counter("none")
        parted = Dictionary(
            uniqueKeysWithValues: PromptDivergence.Kind.allCases.map { ($0, counter($0.rawValue)) }
        )
    }

    func show(_ prompt: PromptReport) {
        tokens.observe(Double(prompt.tokenCount))
        fromMemory.increment(by: UInt64(prompt.reusedCount - prompt.diskCount))
        fromDisk.increment(by: UInt64(prompt.diskCount))
        (prompt.divergence.flatMap { parted[$0.kind] } ?? whole).increment()
    }
}
