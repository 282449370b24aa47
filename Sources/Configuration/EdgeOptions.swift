/// What `millrace edge` is told.
public struct EdgeOptions: Hashable, Sendable {
    public var host: String
    public var port: UInt16
    public var coordinator: Endpoint
    /// Asked in turn where the coordinator does not answer.
    public var standbys: [Endpoint]
    /// Where workers deliver tokens to this edge.
    public var tokens: Endpoint
    /// Where workers find it; nil: at the same endpoint.
    public var announced: Endpoint?
    /// Threads that answer HTTP.
    public var loopCount: Int
    public var names: ModelNames
    public var tenants: TenantOptions
    public var admin: AdminOptions
    /// A file for what outlives a request; nil keeps it in memory.
    public var storePath: String?
    public var volatile: VolatileOptions
    public var retries: RetryOptions
    /// How long connections are accepted after SIGTERM.
    public var drainDelay: Duration
    public var role: RoleOptions

    init(_ settings: Settings) throws(UsageError) {
        host = settings.text(.host)
        port = UInt16(clamping: settings.integer(.port))
        (coordinator, standbys) = try settings.coordinators()
        tokens = try settings.fleetEndpoint(.tokens)
        announced = try settings.optionalFleetEndpoint(.announce)
        loopCount = settings.integer(.loops)
        names = try ModelNames(settings)
        tenants = try TenantOptions(settings, readsKeys: true)
        storePath = settings.storePath
        volatile = try VolatileOptions(settings)
        retries = RetryOptions(settings)
        admin = try AdminOptions(settings)
        drainDelay = .seconds(settings.number(.drainDelay))
        role = try RoleOptions(settings)
    }
}
