internal import Contract

/// Which key the server of a link has to own: one of those that the roster has for it, tried in turn.
///
/// More than one stands there while a server's key is being replaced.
final class ServerLock {
    private let keys: FleetKeys
    private let role: FleetRole
    private let server: NodeID?
    private var key: PublicKey

    init(_ keys: FleetKeys, _ options: LinkOptions, _ server: NodeID?) throws(MessagingError) {
        role = options.kind.server
        let nodes = keys.roster.nodes(of: role)
        let expected = server ?? nodes.dropFirst(options.serverPlace).first ?? nodes.first
        guard let first = keys.roster.keys(of: role, expected).first else { throw .noKey(of: role, server) }
        self.keys = keys
        self.server = server
        key = first
    }

    /// Whether the key still stands on the roster.
    var isTrusted: Bool { keys.roster.holds(key, role, server) }

    /// Has the next connection of the socket made with the key.
    func turn(_ socket: Socket) throws(MessagingError) { try socket.lock(to: key, keys) }

    /// Goes on to the next key; false if there is none that was not just tried.
    func advance() -> Bool {
        let all = keys.roster.keys(of: role, server)
        let place = all.firstIndex(of: key).map { $0 + 1 } ?? 0
        guard let next = (all[place...] + all[..<place]).first, next != key else { return false }
        key = next
        return true
    }
}
