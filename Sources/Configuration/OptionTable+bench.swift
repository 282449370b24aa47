extension Option {
    /// What is measured in rounds and may be kept in a file.
    private static let repeated: [Command] = [.benchEdge, .benchEngine, .benchCurve]

    static let benchmarks: [Option] =
        loads + [
            seconds, benchWorkers, benchWaiting, connections, prefill, decode, streams, depth, memoryTokens,
            lines, guesses, tokenCounts,
            benchThreads,
            benchMachineThreads, benchKV,
            rounds, json, plot,
        ]

    static let seconds = Option(
        name: "seconds",
        kind: .number(0.1...600),
        placeholder: "S",
        help: "How long each measurement takes.",
        commands: [.benchEdge, .benchCoordinator],
        fallback: "1",
        environment: .none
    )
    static let rounds = Option(
        name: "rounds",
        kind: .integer(1...1000),
        placeholder: "N",
        help: "How often each measurement is repeated; the median counts.",
        commands: repeated,
        fallback: "3",
        environment: .none
    )
    static let connections = Option(
        name: "connections",
        kind: .integer(1...4096),
        placeholder: "N",
        help: "Connections with a request under way on each.",
        commands: [.benchEdge],
        fallbackNote: "1, then 64, then 512",
        environment: .none
    )
    static let json = Option(
        name: "json",
        kind: .text,
        placeholder: "FILE",
        help: "Writes the figures to a file as well.",
        commands: repeated + [.bench, .benchCoordinator, .benchKernels, .benchMachine],
        environment: .none
    )
    static let plot = Option(
        name: "plot",
        kind: .text,
        placeholder: "FILE",
        help: "Draws the figures as SVG.",
        commands: [.bench, .benchCurve],
        environment: .none
    )

    // The coordinator

    static let benchWorkers = Option(
        name: "workers",
        kind: .integer(1...4096),
        placeholder: "N",
        help: "Workers that jobs are leased to.",
        commands: [.benchCoordinator],
        fallback: "200",
        environment: .none
    )
    static let benchWaiting = Option(
        name: "waiting",
        kind: .integer(1...1 << 20),
        placeholder: "N",
        help: "Jobs that wait all the time.",
        commands: [.benchCoordinator],
        fallback: "5000",
        environment: .none
    )

    // The engine

    static let prefill = Option(
        name: "prefill",
        kind: .integers(1...1 << 20),
        placeholder: "N,N",
        help: "Lengths of the prompts that are computed.",
        commands: [.benchEngine],
        fallback: "512",
        environment: .none
    )
    static let decode = Option(
        name: "decode",
        kind: .integer(1...1 << 20),
        placeholder: "N",
        help: "Tokens that each stream generates.",
        commands: [.benchEngine, .benchCurve],
        fallback: "64",
        environment: .none
    )
    static let streams = Option(
        name: "streams",
        kind: .integers(1...1024),
        placeholder: "N,N",
        help: "How many streams generate together.",
        commands: [.benchEngine, .benchCurve],
        fallback: "1,4,8,16",
        fallbackIn: [.benchCurve: "1,2,4,8,16,32,64"],
        environment: .none
    )
    static let depth = Option(
        name: "depth",
        kind: .integers(0...1 << 20),
        placeholder: "N,N",
        help: "Tokens of context that the streams have before they generate.",
        commands: [.benchEngine, .benchCurve],
        fallback: "0",
        fallbackIn: [.benchCurve: "128,256,512,1024,2048,4096,8192,16384"],
        environment: .none
    )
    static let memoryTokens = Option(
        name: "memory-tokens",
        kind: .integer(1...1 << 24),
        placeholder: "N",
        help: "Tokens whose keys and values there is memory for; it is taken as it is used.",
        commands: [.benchEngine],
        fallbackNote: "as many as are needed, with --lines 32768",
        environment: .none
    )
    static let lines = Option(
        name: "lines",
        kind: .flag,
        help: """
            Reads measurements from standard input, such as {"prefill":512} or \
            {"decode":64,"streams":4,"depth":1024}, one on a line, and answers each with a line.
            """,
        commands: [.benchEngine],
        fallback: "false",
        environment: .none
    )
    static let guesses = Option(
        name: "guesses",
        kind: .flag,
        help: "Lets the engine guess tokens ahead; what comes of that depends on the text.",
        commands: [.benchEngine, .benchCurve],
        fallback: "false",
        environment: .none
    )
    static let benchThreads = Option(
        name: "threads",
        kind: threads.kind,
        placeholder: threads.placeholder,
        help: threads.help,
        commands: [.benchEngine, .benchCurve],
        fallbackNote: "as millrace serve",
        environment: .none
    )
    static let tokenCounts = Option(
        name: "tokens",
        kind: .integers(1...512),
        placeholder: "N,N",
        help: "How many tokens a matrix is multiplied with at the same time.",
        commands: [.benchKernels],
        fallback: "1,2,4,8,16,32,128,512",
        environment: .none
    )
    static let benchMachineThreads = Option(
        name: "threads",
        kind: threads.kind,
        placeholder: threads.placeholder,
        help: "Threads that are measured.",
        commands: [.benchMachine, .benchKernels],
        fallbackNote: "as many as there are CPUs",
        environment: .none
    )
    static let benchKV = Option(
        name: "kv",
        kind: kv.kind,
        placeholder: kv.placeholder,
        help: kv.help,
        commands: [.benchEngine, .benchCurve],
        fallbackNote: "as millrace serve",
        environment: .none
    )
}
