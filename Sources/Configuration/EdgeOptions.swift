/// What `millrace edge` is told.
public struct EdgeOptions: Hashable, Sendable {
    public var host: String
    public var port: UInt16
    public var coordinator: Endpoint
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
    public var role: RoleOptions

    init(_ settings: Settings) throws(UsageError) {
        host = settings.text(.host)
        port = UInt16(clamping: settings.integer(.port))
        coordinator = try settings.fleetEndpoint(.coordinator)
        tokens = try settings.fleetEndpoint(.tokens)
        announced = try settings.optionalFleetEndpoint(.announce)
        loopCount = settings.integer(.loops)
        names = try ModelNames(settings)
        tenants = try TenantOptions(settings, readsKeys: true)
        storePath = settings.storePath
        volatile = try VolatileOptions(settings)
        admin = try AdminOptions(settings)
        role = try RoleOptions(settings)
    }
}
