/// What keeps a fleet going while its processes come and go.
extension Option {
    static let standbyOf = Option(
        name: "standby-of",
        kind: .endpoint,
        placeholder: "ENDPOINT",
        help: "Stands by for the coordinator there: takes its place when it is not heard, and gives it back.",
        commands: [.coordinator],
        path: "fleet.standby_of"
    )
    static let drainDelay = Option(
        name: "drain-delay",
        kind: .number(0...3600),
        placeholder: "SECONDS",
        help: "How long connections are accepted after SIGTERM, while /readyz says 503 already: until a load "
            + "balancer has seen it.",
        commands: [.serve, .edge],
        fallback: "2",
        fallbackIn: [.serve: "0"],
        path: "http.drain_delay_seconds"
    )
}
