/// What `millrace` can be told to do; its first argument.
///
/// Related commands share a first word: `models list`, `models pull`.
public enum Command: String, CaseIterable, Sendable, CustomStringConvertible {
    case serve
    case coordinator
    case edge
    case worker
    case chat
    case modelsList = "models list"
    case modelsPull = "models pull"
    case modelsInspect = "models inspect"
    case modelsLoad = "models load"
    case modelsUnload = "models unload"
    case modelsStatus = "models status"
    case keysNode = "keys node"
    case inspect
    case simulate
    case bench
    case benchCoordinator = "bench coordinator"
    case benchEdge = "bench edge"
    case benchEngine = "bench engine"
    case benchKernels = "bench kernels"
    case benchMachine = "bench machine"
    case benchCurve = "bench curve"

    /// The words that are typed.
    public var description: String { rawValue }

    /// The commands whose first word of several this is.
    static func group(_ word: String) -> [Command] { allCases.filter { $0.rawValue.hasPrefix(word + " ") } }

    /// One line for the list of commands.
    var summary: String {
        switch self {
        case .serve: "run everything in one process and answer HTTP"
        case .coordinator: "run the role that queues jobs and leases them to workers"
        case .edge: "run the role that answers HTTP"
        case .worker: "run the role that generates tokens"
        case .chat: "talk to a running server in the terminal"
        case .modelsList: "show the models that are here"
        case .modelsPull: "download a model from a hub"
        case .modelsInspect: "say what a model is and whether it fits here"
        case .modelsLoad: "have a running fleet load a model"
        case .modelsUnload: "have a running fleet give up a model's memory"
        case .modelsStatus: "show what the workers of a fleet have loaded"
        case .keysNode: "make the pair of keys of a node"
        case .inspect: "try the parts of a model on JSON lines from standard input"
        case .simulate: "run a fleet in one thread under seeds and check its promises"
        case .bench: "put a load on a running server and measure it"
        case .benchCoordinator: "measure how fast jobs are leased to workers"
        case .benchEdge: "measure the HTTP edge of this program"
        case .benchEngine: "measure a model in the serving engine"
        case .benchKernels: "measure the kernels one by one"
        case .benchMachine: "measure what this machine can do at best"
        case .benchCurve: "draw what more streams and longer contexts cost"
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
        case .modelsList:
            """
            Reads the headers of everything in the models directory, and says what of it cannot be used and \
            which downloads can be gone on with.
            """
        case .modelsPull:
            """
            Downloads a whole model with safetensors, or with :FILE one GGUF: a file's name or a \
            quantisation such as Q4_K_M. Every byte is checked, and the model appears only when all of it is \
            there; a download that was stopped goes on where it ended. A token for private and gated models \
            is read from MILLRACE_HUB_TOKEN or HF_TOKEN, and HF_ENDPOINT is a second name for MILLRACE_HUB.
            """
        case .modelsInspect:
            """
            MODEL is a path or a name from the models directory. The weights are not read, only their \
            headers. Ends with status 1 if the model cannot be used.
            """
        case .modelsLoad:
            """
            MODEL is a name that the server knows, from the configuration of its workers. Shows how far it \
            is, and ends with status 1 if it cannot be loaded. What was failed is tried again.
            """
        case .modelsUnload:
            """
            Answers that run come to their end first. Whoever asks for the model afterwards has it loaded \
            again.
            """
        case .modelsStatus:
            """
            One line for each model and worker: whether it is loaded, how far a load is, the memory, jobs \
            that run and that wait, and why a load failed.
            """
        case .keysNode:
            """
            Writes a new pair to FILE, which its owner alone may read, and prints the line that tells the \
            others about it: the list of --fleet-keys is made of such lines. FILE goes to --node-key of the \
            process that is called so, and nowhere else.
            """
        case .inspect:
            """
            Reads one JSON object per line, writes one per line in the same order, and an {"error": …} line \
            for a bad one. MODEL is a directory, a GGUF file, a name from the models directory or, for \
            render, a .jinja file.
            """
        case .simulate:
            """
            Every seed is one history with losses, delays, deaths and restarts. A broken promise prints the \
            seed that shows it again.
            """
        case .bench:
            """
            Clients stream completions of prompts that nobody has asked before, from any server that speaks \
            the OpenAI API: tokens per second, the time to the first token, the time between tokens, what \
            came from a cache, errors. The other commands of bench measure parts of this program.
            """
        case .benchCoordinator:
            """
            The coordinator's own logic, on one thread, with workers that finish jobs as fast as it gives \
            them new ones, and beginnings of prompts that come and go at each of them. Times are those of \
            the processor.
            """
        case .benchEdge:
            """
            Requests through a whole fleet in this process, whose model costs nothing, next to an HTTP \
            server that says hello. The sides take turns, so that what else runs here meets both.
            """
        case .benchEngine:
            """
            Prompts and generations of random tokens in this process, with what `millrace serve` would run \
            the model with: tokens per second, the time until the model is ready, memory. Options of serve \
            may follow behind --.
            """
        case .benchKernels:
            """
            Matrices of every type with one token and with many, and what is done between them, next to the \
            memory bandwidth and the peaks of this machine.
            """
        case .benchMachine:
            """
            How fast memory is read, and how many products of floats and of bytes the processors make in \
            registers: what kernels are held against.
            """
        case .benchCurve:
            """
            A model in the engine that serves, with more and more streams and with longer and longer \
            contexts: tokens per second, and the time until a prompt has its first token. Options of serve \
            may follow behind --.
            """
        }
    }

    /// What is typed after the command besides options.
    var arguments: String {
        switch self {
        case .modelsPull: "ORG/NAME[@REVISION][:FILE]"
        case .modelsInspect, .modelsLoad, .modelsUnload: "MODEL"
        case .keysNode: "FILE"
        case .inspect: InspectOptions.usage
        case .bench: "[\(Command.group("bench").map { $0.rawValue.dropFirst(6) }.joined(separator: "|"))]"
        case .benchEngine, .benchCurve: "MODEL"
        default: ""
        }
    }
}
