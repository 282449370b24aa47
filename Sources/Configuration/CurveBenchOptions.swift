/// What `millrace bench curve` is told.
public struct CurveBenchOptions: Hashable, Sendable {
    public var model: BenchedModel
    /// How many streams generate together, one point each.
    public var streamCounts: [Int]
    /// Tokens of context, one point each.
    public var depths: [Int]
    /// Tokens that each stream generates.
    public var decodeCount: Int
    /// How often each measurement is repeated.
    public var roundCount: Int
    /// Where the figures go besides the terminal.
    public var jsonPath: String?
    /// Where a drawing of them goes.
    public var plotPath: String?

    init(_ settings: Settings) throws(UsageError) {
        model = try BenchedModel(settings)
        streamCounts = settings.integers(.streams)
        depths = settings.integers(.depth)
        decodeCount = settings.integer(.decode)
        roundCount = settings.integer(.rounds)
        jsonPath = settings.optionalText(.json)
        plotPath = settings.optionalText(.plot)
    }
}
