/// How a fleet's processes are found and looked at from outside.
extension Option {
    static let monitorPort = Option(
        name: "monitor-port",
        kind: .integer(1...65535),
        placeholder: "N",
        help: "Answers /metrics, /livez and /readyz over HTTP at this port.",
        commands: [.coordinator, .worker],
        fallbackNote: "none",
        path: "monitor.port"
    )
    static let monitorHost = Option(
        name: "monitor-host",
        kind: .text,
        placeholder: "ADDRESS",
        help: "Takes the requests of --monitor-port at this address; 0.0.0.0 is all of them.",
        commands: [.coordinator, .worker],
        fallback: "127.0.0.1",
        path: "monitor.host"
    )
    static let announce = Option(
        name: "announce",
        kind: .endpoint,
        placeholder: "ENDPOINT",
        help: "Where workers find what --tokens names, if it is elsewhere for them, as behind a relay.",
        commands: [.edge],
        fallbackNote: "the endpoint of --tokens",
        path: "fleet.announce"
    )
}
