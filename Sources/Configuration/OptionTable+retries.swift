/// What is done about requests that come again.
extension Option {
    static let retryKeep = Option(
        name: "retry-keep",
        kind: .number(0...604_800),
        placeholder: "SECONDS",
        help: "How long the reply to a request with an Idempotency-Key is kept, to be told again.",
        commands: [.serve, .edge],
        fallback: "86400",
        path: "retries.keep_seconds"
    )
    static let retryMemory = Option(
        name: "retry-memory",
        kind: .size(1 << 16...1 << 40),
        placeholder: "SIZE",
        help: "Memory for such replies, of each loop; those not asked for longest make room, and one that "
            + "takes more than a quarter is not kept.",
        commands: [.serve, .edge],
        fallback: "64M",
        path: "retries.memory"
    )
    static let retryGrace = Option(
        name: "retry-grace",
        kind: .number(0...600),
        placeholder: "SECONDS",
        help: "How long such a request runs on without its client; 3 at most where a client library may come "
            + "again that sends no key. 0: not at all.",
        commands: [.serve, .edge],
        fallback: "10",
        path: "retries.grace_seconds"
    )
    static let singleFlight = Option(
        name: "single-flight",
        kind: .choice(["on", "off"]),
        placeholder: "on|off",
        help: "Runs identical requests of one API key that come together once, where the answer is certain: "
            + "at temperature 0 or with a seed.",
        commands: [.serve, .edge],
        fallback: "off",
        path: "retries.single_flight"
    )
}
