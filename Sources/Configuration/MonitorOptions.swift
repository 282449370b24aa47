/// Where a process without clients answers operators.
public struct MonitorOptions: Hashable, Sendable {
    public var host: String
    public var port: UInt16

    /// Nil where nobody asked for it.
    init?(_ settings: Settings) {
        guard let port = settings.optionalInteger(.monitorPort) else { return nil }
        host = settings.text(.monitorHost)
        self.port = UInt16(clamping: port)
    }
}
