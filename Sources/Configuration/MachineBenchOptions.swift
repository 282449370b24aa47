/// What `millrace bench machine` is told.
public struct MachineBenchOptions: Hashable, Sendable {
    /// Measured besides one thread.
    public var threadCount: Int
    /// Where the figures go besides the terminal.
    public var jsonPath: String?

    init(_ settings: Settings) {
        threadCount =
            settings.optionalInteger(.benchMachineThreads) ?? max(1, settings.surroundings.processorCount)
        jsonPath = settings.optionalText(.json)
    }
}
