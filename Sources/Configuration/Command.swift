/// What `millrace` can be told to do; its first argument.
public enum Command: String, CaseIterable, Sendable {
    case serve
    case coordinator
    case edge
    case worker
    case chat
    case inspect
    case simulate
    case bench

    /// One line for the list of commands.
    var summary: String {
        switch self {
        case .serve: "run everything in one process and answer HTTP"
        case .coordinator: "run the role that queues jobs and leases them to workers"
        case .edge: "run the role that answers HTTP"
        case .worker: "run the role that generates tokens"
        case .chat: "talk to a running server in the terminal"
        case .inspect: "try the parts of a model on JSON lines from standard input"
        case .simulate: "run a fleet in one thread under seeds and check its promises"
        case .bench: "measure a part of this program on this machine"
        }
    }

    /// What follows the summary in the command's own help.
    var details: String {
        switch self {
        case .serve:
            """
            All roles run in this process. Without --model the bundled demo model is served. SIGTERM or \
            Ctrl-C finishes running answers within the grace time; a second one stops at once.
            """
        case .coordinator:
            """
            Edges and workers connect to its endpoint: ipc:///path/to/socket or tcp://host:port. It may be \
            restarted at any time: running streams go on.
            """
        case .edge:
            """
            Speaks the OpenAI and Anthropic dialects. --tokens is the endpoint at which workers deliver \
            tokens to this edge.
            """
        case .worker:
            """
            Loads its models, connects to the coordinator and takes jobs as it has room. Tokens go straight \
            to the edge that owns the client.
            """
        case .chat:
            """
            Each line is a question; the answer appears as it is generated. /help lists what else can be \
            typed. With input from a file or a pipe every line is asked in turn.
            """
        case .inspect:
            """
            Reads one JSON object per line, writes one per line in the same order, and an {"error": …} line \
            for a bad one. MODEL is a model directory, a GGUF file or, for render, a .jinja file.
            """
        case .simulate:
            """
            Every seed is one history with losses, delays, deaths and restarts. A broken promise prints the \
            seed that shows it again.
            """
        case .bench:
            """
            edge: requests through a whole fleet in this process, whose model costs nothing, next to an HTTP \
            server that says hello. The sides take turns, so that what else runs here meets both.
            """
        }
    }

    /// What is typed after the command besides options.
    var arguments: String {
        switch self {
        case .inspect: InspectOptions.usage
        case .bench: BenchOptions.Subject.allCases.map(\.rawValue).joined(separator: "|")
        default: ""
        }
    }
}
