/// What `millrace bench` is told when it puts a load on a running server.
public struct LoadBenchOptions: Hashable, Sendable {
    public var url: String
    /// Nil: the server's first.
    public var model: String?
    /// Clients at the same time, one measurement each.
    public var clientCounts: [Int]
    /// Requests of each client, one after the other.
    public var requestCount: Int
    public var promptTokenCount: Int
    /// Of each prompt, what all of them begin with, in percent.
    public var sharedPercent: Int
    public var maxTokenCount: Int
    /// Equal seeds make equal prompts.
    public var seed: Int?
    /// Where the figures go besides the terminal.
    public var jsonPath: String?
    /// Where a drawing of them goes.
    public var plotPath: String?

    init(_ settings: Settings) throws(UsageError) {
        if let word = settings.positional.first {
            let subjects = Command.group("bench").map { String($0.rawValue.dropFirst("bench ".count)) }
            throw UsageError("millrace bench knows no \(word), only \(alternatives(subjects))")
        }
        url = settings.text(.benchURL)
        model = settings.optionalText(.benchModel)
        clientCounts = settings.integers(.clients)
        requestCount = settings.integer(.requests)
        promptTokenCount = settings.integer(.promptTokens)
        sharedPercent = settings.integer(.shared)
        maxTokenCount = settings.integer(.benchMaxTokens)
        seed = settings.optionalInteger(.benchSeed)
        jsonPath = settings.optionalText(.json)
        plotPath = settings.optionalText(.plot)
    }
}
