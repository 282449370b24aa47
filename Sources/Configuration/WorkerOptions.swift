/// What `millrace worker` is told.
public struct WorkerOptions: Hashable, Sendable {
    public var coordinator: Endpoint
    /// At least one.
    public var modelPaths: [String]
    public var engine: EngineOptions
    public var role: RoleOptions

    init(_ settings: Settings) throws(UsageError) {
        coordinator = try settings.fleetEndpoint(.coordinator)
        modelPaths = settings.texts(.modelPath)
        engine = try EngineOptions(settings)
        role = RoleOptions(settings)
        guard !modelPaths.isEmpty else { throw UsageError("millrace worker needs --model PATH") }
    }
}
