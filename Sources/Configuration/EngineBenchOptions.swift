/// What `millrace bench engine` is told.
public struct EngineBenchOptions: Hashable, Sendable {
    /// Who says what is measured.
    public enum Plan: Hashable, Sendable {
        /// Prompts of these lengths; that many tokens of each number of streams at each depth.
        case table(prefills: [Int], streams: [Int], depths: [Int], decodeCount: Int)
        /// One measurement for each line on standard input.
        case lines
    }

    public var model: BenchedModel
    public var plan: Plan
    /// How often each measurement is repeated.
    public var roundCount: Int
    /// Tokens that the memory for keys and values holds at least; nil: as many as the plan needs.
    public var memoryTokenCount: Int?
    /// Where the figures go besides the terminal.
    public var jsonPath: String?

    init(_ settings: Settings) throws(UsageError) {
        model = try BenchedModel(settings)
        plan =
            settings.flag(.lines)
            ? .lines
            : .table(
                prefills: settings.integers(.prefill),
                streams: settings.integers(.streams),
                depths: settings.integers(.depth),
                decodeCount: settings.integer(.decode)
            )
        roundCount = settings.integer(.rounds)
        memoryTokenCount = settings.optionalInteger(.memoryTokens)
        jsonPath = settings.optionalText(.json)
    }
}
