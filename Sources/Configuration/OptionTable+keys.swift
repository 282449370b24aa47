/// Keys of the fleet.
extension Option {
    static let nodeKey = Option(
        name: "node-key",
        kind: .text,
        placeholder: "FILE",
        help: "This process's pair of keys, which locks its links; `millrace keys node` makes one.",
        commands: [.coordinator, .edge, .worker],
        fallbackNote: "links are open",
        path: "fleet.node_key"
    )
    static let fleetKeys = Option(
        name: "fleet-keys",
        kind: .text,
        placeholder: "FILE",
        help: "Everybody's public keys, names and roles; read again whenever it changes.",
        commands: [.coordinator, .edge, .worker],
        fallbackNote: "links are open",
        path: "fleet.keys"
    )
    static let keyRole = Option(
        name: "role",
        kind: .choice(["coordinator", "edge", "worker"]),
        placeholder: "coordinator|edge|worker",
        help: "What the owner of the key is.",
        commands: [.keysNode],
        required: [.keysNode]
    )
}
