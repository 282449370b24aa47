/// What `millrace simulate` is told.
public struct SimulateOptions: Hashable, Sendable {
    /// The histories to run.
    public var seeds: ClosedRange<UInt64>
    /// The mistake that is made on purpose.
    public var plantedBug: String?
    /// What the histories are about.
    public var scenario: String?
    /// Tells every message and fault.
    public var traces: Bool

    init(_ settings: Settings) {
        if let seed = settings.optionalInteger(.historySeed).map(UInt64.init(clamping:)) {
            seeds = seed...seed
        } else {
            let first = UInt64(clamping: settings.integer(.from))
            // Neither number exceeds 2^63, so the sum cannot overflow.
            seeds = first...(first + UInt64(clamping: settings.integer(.seeds)) - 1)
        }
        traces = settings.flag(.trace)
        scenario = settings.optionalText(.scenario)
        plantedBug = settings.optionalText(.plant)
    }
}
