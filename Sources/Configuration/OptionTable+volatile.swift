/// What clients change with every request.
extension Option {
    static let volatileDefaults = Option(
        name: "volatile-defaults",
        kind: .choice(["on", "off"]),
        placeholder: "on|off",
        help: "Takes out of system texts what clients are known to change with every request.",
        commands: [.serve, .edge],
        fallback: "on",
        path: "volatile.defaults"
    )
    static let volatileRule = Option(
        name: "volatile-rule",
        kind: .volatileRule,
        placeholder: "JSON",
        help: "Takes out more: an object with name, where (system, any), what (head, line, text), pattern "
            + "and replacement; repeat it for more.",
        commands: [.serve, .edge],
        isRepeatable: true,
        environment: .none,
        path: "volatile.rules"
    )
}
