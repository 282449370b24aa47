/// What `millrace bench` is told when it puts a load on a running server.
public struct LoadBenchOptions: Hashable, Sendable {
    /// What the clients of a load are like.
    public enum Workload: String, CaseIterable, Sendable {
        /// Plain texts to go on with.
        case completions
        /// Chats whose system texts are those of a few groups.
        case chat
        /// Prompts of which every fourth is eight times as long.
        case long
        /// Requests of all three lanes.
        case lanes
        /// Conversations that grow by what was answered.
        case agents
    }

    /// Servers of the same models, which take turns.
    public var urls: [String]
    public var workload: Workload
    /// Nil: the server's first.
    public var model: String?
    /// Clients at the same time, one measurement each.
    public var clientCounts: [Int]
    /// Requests of each client, one after the other.
    public var requestCount: Int
    public var promptTokenCount: Int
    /// Of each prompt, what all of them begin with, or all of its group, in percent.
    public var sharedPercent: Int
    /// Groups of a workload that has them.
    public var groupCount: Int
    /// Whether requests are asked twice and answers compared.
    public var isChecked: Bool
    public var maxTokenCount: Int
    /// Equal seeds make equal prompts.
    public var seed: Int?
    /// Where the figures go besides the terminal.
    public var jsonPath: String?
    /// Where a drawing of them goes.
    public var plotPath: String?

    /// Of a chat's prompt, what its group has in common, unless something else is asked for.
    private static let usualSharedPercent = 75

    init(_ settings: Settings) throws(UsageError) {
        if let word = settings.positional.first {
            let subjects = Command.group("bench").map { String($0.rawValue.dropFirst("bench ".count)) }
            throw UsageError("millrace bench knows no \(word), only \(alternatives(subjects))")
        }
        urls = settings.texts(.benchURL)
        workload = Workload(rawValue: settings.text(.workload)) ?? .completions
        model = settings.optionalText(.benchModel)
        clientCounts = settings.integers(.clients)
        requestCount = settings.integer(.requests)
        promptTokenCount = settings.integer(.promptTokens)
        let usual = workload == .chat || workload == .agents ? Self.usualSharedPercent : 0
        sharedPercent = settings.optionalInteger(.shared) ?? usual
        groupCount = settings.integer(.groups)
        isChecked = settings.flag(.check)
        maxTokenCount = settings.integer(.benchMaxTokens)
        seed = settings.optionalInteger(.benchSeed)
        jsonPath = settings.optionalText(.json)
        plotPath = settings.optionalText(.plot)
    }
}
