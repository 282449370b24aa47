import Configuration
import Contract
import Messaging
import Telemetry

/// How a process meets the others: the context of its sockets, locked where the options name keys, and the
/// name that it has among them.
struct FleetDoor {
    let context: MessagingContext
    let node: String

    init(_ options: RoleOptions, as role: FleetRole, log: Log) throws {
        guard let files = options.keys else {
            context = try MessagingContext()
            node = options.node
            return
        }
        let own = try KeyFile.read(files.own)
        let file = try RosterFile(files.fleet, log: log)
        node = try Self.name(options, own.publicKey, role, file.roster, files)
        context = try MessagingContext(keys: FleetKeys(own: own, roster: file.roster)) { file.refresh() }
        log.info("links are locked", ["node": LogValue(node)])
    }

    /// The name that the roster has for the key, or the chosen one if that may be used: otherwise nobody
    /// would hear this process, and nobody would say why.
    private static func name(
        _ options: RoleOptions,
        _ key: PublicKey,
        _ role: FleetRole,
        _ roster: FleetRoster,
        _ files: KeyFiles
    ) throws(UsageError) -> String {
        let names = roster.names(of: key, in: role)
        guard let first = names.first else {
            throw UsageError("\(files.fleet) has no \(role.rawValue) with the key of \(files.own)")
        }
        guard options.hasChosenName else { return first.name }
        guard names.contains(NodeID(options.node)) else {
            throw UsageError(
                "\(files.fleet) has no \(role.rawValue) called \(options.node) with the key of \(files.own)"
            )
        }
        return options.node
    }

    /// Throws where the key may not be used under that name too.
    func check(_ other: String, _ role: FleetRole, _ options: RoleOptions) throws(UsageError) {
        guard let files = options.keys, let keys = context.keys,
            !keys.roster.admits(keys.own.publicKey, as: NodeID(other), in: [role])
        else { return }
        throw UsageError(
            "\(files.fleet) has no \(role.rawValue) called \(other) with the key of \(files.own);"
                + " each of several loops needs a line of its own"
        )
    }
}
