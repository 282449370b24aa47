/// What `millrace bench coordinator` is told.
public struct CoordinatorBenchOptions: Hashable, Sendable {
    /// How long it is measured.
    public var window: Duration
    public var workerCount: Int
    /// Jobs that wait all the time.
    public var waitingCount: Int
    /// Where the figures go besides the terminal.
    public var jsonPath: String?

    init(_ settings: Settings) {
        window = .seconds(settings.number(.seconds))
        workerCount = settings.integer(.benchWorkers)
        waitingCount = settings.integer(.benchWaiting)
        jsonPath = settings.optionalText(.json)
    }
}
