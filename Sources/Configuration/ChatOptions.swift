/// What `millrace chat` is told.
public struct ChatOptions: Hashable, Sendable {
    /// Nil: the server's first.
    public var model: String?
    /// The server, without a path.
    public var url: String
    public var system: String?
    public var maxTokenCount: Int?
    public var temperature: Double?
    public var seed: Int?

    public init(url: String) { self.url = url }

    init(_ settings: Settings) {
        model = settings.optionalText(.chatModel)
        url = settings.text(.url)
        system = settings.optionalText(.system)
        maxTokenCount = settings.optionalInteger(.maxTokens)
        temperature = settings.optionalNumber(.temperature)
        seed = settings.optionalInteger(.chatSeed)
    }
}
