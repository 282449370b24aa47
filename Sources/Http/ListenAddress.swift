/// Where a server listens.
public struct ListenAddress: Sendable, CustomStringConvertible {
    /// An address of this machine or a name that resolves to one; `0.0.0.0` or `::` for all of them.
    public var host: String
    /// 0 lets the system choose; `HttpServer.port` says what it chose.
    public var port: UInt16
    /// Several servers, each on its own loop and thread, may listen on the same port; the kernel spreads
    /// connections.
    public var isShared: Bool

    public init(host: String, port: UInt16, isShared: Bool = false) {
        self.host = host
        self.port = port
        self.isShared = isShared
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Why listening did not start; names the address.
public struct ListenError: Error, CustomStringConvertible {
    public var address: ListenAddress
    public var reason: String

    public var description: String { "cannot listen on \(address): \(reason)" }
}
