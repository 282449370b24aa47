/// What `millrace serve` is told.
public struct ServeOptions: Hashable, Sendable {
    /// Paths or names; empty: the bundled demo model.
    public var modelPaths: [String]
    /// Where names are looked up; nil if the user has no home.
    public var modelsDirectory: String?
    public var host: String
    public var port: UInt16
    public var names: ModelNames
    /// A file for what outlives a request; nil keeps it in memory.
    public var storePath: String?
    public var volatile: VolatileOptions
    /// Jobs that may wait in one lane.
    public var laneCapacity: Int
    public var engine: EngineOptions
    public var tenants: TenantOptions
    /// How long connections are accepted after SIGTERM.
    public var drainDelay: Duration
    public var role: RoleOptions

    init(_ settings: Settings) throws(UsageError) {
        modelPaths = settings.texts(.modelPath)
        modelsDirectory = settings.modelsDirectory
        host = settings.text(.host)
        port = UInt16(clamping: settings.integer(.port))
        names = try ModelNames(settings)
        storePath = settings.storePath
        volatile = try VolatileOptions(settings)
        laneCapacity = settings.integer(.laneCapacity)
        engine = try EngineOptions(settings)
        tenants = try TenantOptions(settings, readsKeys: true)
        drainDelay = .seconds(settings.number(.drainDelay))
        role = try RoleOptions(settings)
    }
}
