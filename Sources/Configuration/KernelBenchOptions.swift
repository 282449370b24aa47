/// What `millrace bench kernels` is told.
public struct KernelBenchOptions: Hashable, Sendable {
    public var threadCount: Int
    /// Tokens that matrices are multiplied with at the same time, one measurement each.
    public var tokenCounts: [Int]
    /// Where the figures go besides the terminal.
    public var jsonPath: String?

    init(_ settings: Settings) {
        threadCount =
            settings.optionalInteger(.benchMachineThreads) ?? max(1, settings.surroundings.processorCount)
        tokenCounts = settings.integers(.tokenCounts)
        jsonPath = settings.optionalText(.json)
    }
}
