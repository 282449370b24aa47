/// What `millrace worker` is told.
public struct WorkerOptions: Hashable, Sendable {
    public var coordinator: Endpoint
    /// Asked in turn where the coordinator does not answer.
    public var standbys: [Endpoint]
    /// Paths or names of what is loaded at the start.
    public var modelPaths: [String]
    /// What may be loaded besides; one of the two has something.
    public var models: ModelOptions
    /// Where names are looked up; nil if the user has no home.
    public var modelsDirectory: String?
    public var engine: EngineOptions
    public var role: RoleOptions

    init(_ settings: Settings) throws(UsageError) {
        (coordinator, standbys) = try settings.coordinators()
        modelPaths = settings.texts(.modelPath)
        models = try ModelOptions(settings)
        modelsDirectory = settings.modelsDirectory
        engine = try EngineOptions(settings)
        role = try RoleOptions(settings)
        guard !modelPaths.isEmpty || !models.models.isEmpty else {
            throw UsageError("millrace worker needs --model MODEL, or models in the file of --config")
        }
    }
}
