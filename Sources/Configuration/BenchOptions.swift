/// What `millrace bench` is told: one case for each thing that it measures.
public enum BenchOptions: Hashable, Sendable {
    case coordinator(CoordinatorBenchOptions)
    case edge(EdgeBenchOptions)
    case engine(EngineBenchOptions)
    case kernels(KernelBenchOptions)
    case machine(MachineBenchOptions)
    case load(LoadBenchOptions)
    case curve(CurveBenchOptions)

    /// What `millrace serve` with these words and nothing else would be told.
    ///
    /// Whatever the environment says about serving is left out, so that figures of two machines can be
    /// compared.
    static func serving(_ words: [String], _ surroundings: Surroundings) throws(UsageError) -> ServeOptions {
        var surroundings = surroundings
        surroundings.variable = { _ in nil }
        let arguments = try Arguments([Option.logLevel.flag, "error"] + words, for: .serve)
        if let word = arguments.positional.first {
            throw UsageError("\"\(word)\" is no option of millrace serve")
        }
        return try ServeOptions(Settings(arguments, for: .serve, in: surroundings))
    }
}

/// What `millrace bench edge` is told.
public struct EdgeBenchOptions: Hashable, Sendable {
    /// How long each measurement takes.
    public var window: Duration
    /// How often each is repeated.
    public var roundCount: Int
    /// Requests under way at the same time, one measurement each.
    public var connectionCounts: [Int]
    /// Where the figures go besides the terminal.
    public var jsonPath: String?
    /// What `millrace serve` without any option would be told, but for the logging of errors alone.
    public var fleet: ServeOptions

    init(_ settings: Settings) throws(UsageError) {
        window = .seconds(settings.number(.seconds))
        roundCount = settings.integer(.rounds)
        connectionCounts = settings.optionalInteger(.connections).map { [$0] } ?? [1, 64, 512]
        jsonPath = settings.optionalText(.json)
        fleet = try BenchOptions.serving([], settings.surroundings)
    }
}
