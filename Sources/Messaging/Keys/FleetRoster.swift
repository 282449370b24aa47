public import Contract
internal import Synchronization

/// What a process is in the fleet, as its key says.
public enum FleetRole: String, CaseIterable, Hashable, Sendable {
    case coordinator
    case edge
    case worker
}

/// Who belongs to the fleet: keys, the names that each may use, and its role.
///
/// It may change while links stand. A key that is gone is heard no more, on standing links too. May be used
/// from any thread.
public final class FleetRoster: Sendable {
    /// One line of the list.
    public struct Member: Hashable, Sendable {
        public var key: PublicKey
        public var node: NodeID
        public var role: FleetRole

        public init(_ key: PublicKey, _ node: NodeID, _ role: FleetRole) {
            self.key = key
            self.node = node
            self.role = role
        }
    }

    /// A key has one role and may have several names: those of the threads of one process.
    private struct Entry {
        var role: FleetRole
        var nodes: Set<NodeID>
    }

    private struct State {
        var entries: [PublicKey: Entry] = [:]
        /// In the order of the list.
        var members: [Member] = []
    }

    private let state = Mutex(State())

    public init(_ members: [Member] = []) { replace(members) }

    public func replace(_ members: [Member]) {
        var entries: [PublicKey: Entry] = [:]
        for member in members {
            entries[member.key, default: Entry(role: member.role, nodes: [])].nodes.insert(member.node)
        }
        state.withLock { $0 = State(entries: entries, members: members) }
    }

    /// Nil for a stranger's key.
    public func role(of key: PublicKey) -> FleetRole? { state.withLock { $0.entries[key]?.role } }

    /// Whether the owner of the key may use that name in one of these roles.
    public func admits(_ key: PublicKey, as node: NodeID, in roles: Set<FleetRole>) -> Bool {
        state.withLock { state in
            guard let entry = state.entries[key] else { return false }
            return roles.contains(entry.role) && entry.nodes.contains(node)
        }
    }

    /// What the owner of the key may call itself, in the order of the list.
    public func names(of key: PublicKey, in role: FleetRole) -> [NodeID] {
        state.withLock { $0.members.filter { $0.key == key && $0.role == role }.map(\.node) }
    }

    /// Whether the key is that of a role, and of one node in it where one is named.
    func holds(_ key: PublicKey, _ role: FleetRole, _ node: NodeID?) -> Bool {
        state.withLock { state in
            guard let entry = state.entries[key], entry.role == role else { return false }
            return node.map(entry.nodes.contains) ?? true
        }
    }

    /// The nodes of a role, in the order in which the list first names them.
    func nodes(of role: FleetRole) -> [NodeID] {
        state.withLock { state in
            var seen: Set<NodeID> = []
            return state.members.filter { $0.role == role && seen.insert($0.node).inserted }.map(\.node)
        }
    }

    /// The keys of a role, or of one node in it, in the order of the list.
    func keys(of role: FleetRole, _ node: NodeID?) -> [PublicKey] {
        state.withLock { state in
            state.members.filter { $0.role == role && (node == nil || $0.node == node) }.map(\.key)
        }
    }
}

/// What the links of a process are locked with: its own key, and everybody else's.
public struct FleetKeys: Sendable {
    public var own: NodeKey
    public var roster: FleetRoster

    public init(own: NodeKey, roster: FleetRoster) {
        self.own = own
        self.roster = roster
    }
}
