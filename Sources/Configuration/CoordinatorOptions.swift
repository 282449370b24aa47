/// What `millrace coordinator` is told.
public struct CoordinatorOptions: Hashable, Sendable {
    public var listen: Endpoint
    /// The coordinator that this one stands by for.
    public var standbyOf: Endpoint?
    /// Jobs that may wait in one lane.
    public var laneCapacity: Int
    public var tenants: TenantOptions
    public var role: RoleOptions

    init(_ settings: Settings) throws(UsageError) {
        listen = try settings.fleetEndpoint(.listen)
        standbyOf = try settings.optionalEndpoint(.standbyOf).map { (endpoint) throws(UsageError) in
            try settings.checked(endpoint, .standbyOf)
        }
        guard standbyOf != listen else { throw UsageError("--standby-of is --listen itself") }
        laneCapacity = settings.integer(.laneCapacity)
        tenants = try TenantOptions(settings, readsKeys: false)
        role = try RoleOptions(settings)
    }
}

extension Settings {
    /// An endpoint of the fleet; one beyond this machine only with keys, or if the user knows that nobody is
    /// asked for one there.
    func fleetEndpoint(_ option: Option) throws(UsageError) -> Endpoint {
        try checked(endpoint(option), option)
    }

    /// Nil where none is given.
    func optionalFleetEndpoint(_ option: Option) throws(UsageError) -> Endpoint? {
        guard let endpoint = optionalEndpoint(option) else { return nil }
        return try checked(endpoint, option)
    }

    /// The first coordinator, and those that stand by for it.
    func coordinators() throws(UsageError) -> (first: Endpoint, standbys: [Endpoint]) {
        let endpoints = endpoints(.coordinator)
        for endpoint in endpoints { _ = try checked(endpoint, .coordinator) }
        guard let first = endpoints.first else { throw UsageError("--coordinator names no endpoint") }
        return (first, Array(endpoints.dropFirst()))
    }

    func checked(_ endpoint: Endpoint, _ option: Option) throws(UsageError) -> Endpoint {
        guard endpoint.isLocal || optionalText(.nodeKey) != nil || flag(.insecureFleet) else {
            throw UsageError(
                """
                \(option.flag) \(endpoint) reaches beyond this machine, where links need keys: give \
                --node-key and --fleet-keys (`millrace keys node` makes them), use ipc:// or a loopback \
                address, or say --insecure-fleet
                """
            )
        }
        return endpoint
    }
}
