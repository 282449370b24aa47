internal import CZeroMQ
public import Contract

/// Why a socket could not be set up.
public enum MessagingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// `text` is not an endpoint that this program speaks to or listens on.
    case endpoint(String, problem: String)
    /// A routing id must be a well-formed node name.
    case identity(String)
    /// The list of keys has none for the server of a link.
    case noKey(of: FleetRole, NodeID?)
    /// ZeroMQ refused; `call` names the function or the option.
    case system(call: String, code: Int32)

    public var description: String {
        switch self {
        case .endpoint(let text, let problem): "endpoint \(text): \(problem)"
        case .identity(let name):
            "node name \"\(name)\": it must be 1 to 64 letters, digits, dots, underscores and hyphens"
        case .noKey(let role, let node):
            "the fleet's list of keys has no \(role.rawValue)" + (node.map { " called \($0)" } ?? "")
        case .system(let call, let code): "\(call): \(String(cString: zmq_strerror(code)))"
        }
    }

    /// What ZeroMQ last refused on this thread; to be called before anything else can set `errno`.
    static func last(_ call: String) -> MessagingError { .system(call: call, code: zmq_errno()) }
}
