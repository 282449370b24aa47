/// What `millrace worker` is told.
public struct WorkerOptions: Hashable, Sendable {
    public var coordinator: Endpoint
    /// Asked in turn where the coordinator does not answer.
    public var standbys: [Endpoint]
    /// Paths or names, at least one.
    public var modelPaths: [String]
    /// Where names are looked up; nil if the user has no home.
    public var modelsDirectory: String?
    public var engine: EngineOptions
    public var role: RoleOptions

    init(_ settings: Settings) throws(UsageError) {
        (coordinator, standbys) = try settings.coordinators()
        modelPaths = settings.texts(.modelPath)
        modelsDirectory = settings.modelsDirectory
        engine = try EngineOptions(settings)
        role = try RoleOptions(settings)
        guard !modelPaths.isEmpty else { throw UsageError("millrace worker needs --model MODEL") }
    }
}
