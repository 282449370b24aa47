/// What `millrace coordinator` is told.
public struct CoordinatorOptions: Hashable, Sendable {
    public var listen: Endpoint
    /// Jobs that may wait in one lane.
    public var laneCapacity: Int
    public var tenants: TenantOptions
    public var role: RoleOptions

    init(_ settings: Settings) throws(UsageError) {
        listen = try settings.fleetEndpoint(.listen)
        laneCapacity = settings.integer(.laneCapacity)
        tenants = try TenantOptions(settings, readsKeys: false)
        role = try RoleOptions(settings)
    }
}

extension Settings {
    /// An endpoint of the fleet; one beyond this machine only with keys, or if the user knows that nobody is
    /// asked for one there.
    func fleetEndpoint(_ option: Option) throws(UsageError) -> Endpoint {
        try allowed(endpoint(option), of: option)
    }

    /// Nil where none is given.
    func optionalFleetEndpoint(_ option: Option) throws(UsageError) -> Endpoint? {
        guard let endpoint = optionalEndpoint(option) else { return nil }
        return try allowed(endpoint, of: option)
    }

    private func allowed(_ endpoint: Endpoint, of option: Option) throws(UsageError) -> Endpoint {
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
