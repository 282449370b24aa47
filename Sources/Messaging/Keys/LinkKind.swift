/// What a link is for, which decides who may be at its ends.
public enum LinkKind: String, Hashable, Sendable {
    /// To the coordinator.
    case control
    /// From workers to an edge.
    case tokens

    /// Who listens.
    var server: FleetRole {
        switch self {
        case .control: .coordinator
        case .tokens: .edge
        }
    }

    /// Who dials in.
    var clients: Set<FleetRole> {
        switch self {
        case .control: [.edge, .worker, .coordinator]
        case .tokens: [.worker]
        }
    }
}
