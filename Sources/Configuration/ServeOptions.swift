/// What `millrace serve` is told.
public struct ServeOptions: Hashable, Sendable {
    /// Paths or names of what is loaded at the start; with no model at all: the bundled demo model.
    public var modelPaths: [String]
    /// What may be loaded besides.
    public var models: ModelOptions
    /// Where names are looked up; nil if the user has no home.
    public var modelsDirectory: String?
    public var host: String
    public var port: UInt16
    public var names: ModelNames
    /// A file for what outlives a request; nil keeps it in memory.
    public var storePath: String?
    public var volatile: VolatileOptions
    public var retries: RetryOptions
    /// Jobs that may wait in one lane.
    public var laneCapacity: Int
    public var engine: EngineOptions
    public var tenants: TenantOptions
    public var admin: AdminOptions
    /// How long connections are accepted after SIGTERM.
    public var drainDelay: Duration
    public var role: RoleOptions

    init(_ settings: Settings) throws(UsageError) {
        modelPaths = settings.texts(.modelPath)
        models = try ModelOptions(settings)
        modelsDirectory = settings.modelsDirectory
        host = settings.text(.host)
        port = UInt16(clamping: settings.integer(.port))
        names = try ModelNames(settings)
        storePath = settings.storePath
        volatile = try VolatileOptions(settings)
        retries = RetryOptions(settings)
        laneCapacity = settings.integer(.laneCapacity)
        engine = try EngineOptions(settings)
        tenants = try TenantOptions(settings, readsKeys: true)
        admin = try AdminOptions(settings)
        drainDelay = .seconds(settings.number(.drainDelay))
        role = try RoleOptions(settings)
    }
}
