extension Option {
    static let roles: [Command] = [.serve, .coordinator, .edge, .worker]
    static let engines: [Command] = [.serve, .worker, .inspect]

    /// Every option of every command, in the order in which help lists them.
    ///
    /// A name may stand in several rows when no command takes two of them.
    static let all = common + benchmarks

    private static let common: [Option] = [
        modelPath, chatModel, host, port, listen, coordinator, tokens, announce, loops, store, url, system,
        maxTokens,
        temperature,
        chatSeed, seeds, from, historySeed, plant, scenario, trace, alias, defaultModel,
        volatileDefaults, volatileRule, retryKeep, retryMemory, retryGrace, singleFlight,
        modelsDirectory, hub, manageURL, manageWorker, reload, manageKeyFile, jsonOutput, quiet, laneCapacity,
        batch, stepTokens,
        chunk,
        threads, block, kv, memory, kvMemory, prefixCache, warmup, prefixDirectory, prefixDisk,
        prefixMinTokens,
        quantize, activations, maxContext, maxGap,
        speculate, draftModel, draftTokens, outputFormat, config, node, keyRole, nodeKey, fleetKeys,
        insecureFleet, standbyOf, monitorPort, monitorHost, grace, drainDelay,
        logLevel,
        logFormat,
    ]

    // Models

    static let modelPath = Option(
        name: "model",
        kind: .text,
        placeholder: "MODEL",
        help: "A model's directory, its GGUF file or its name in the models directory; repeat it for more.",
        commands: [.serve, .worker],
        fallbackNote: "those of the configuration; of serve else the bundled demo model",
        isRepeatable: true,
        path: "models"
    )
    static let alias = Option(
        name: "alias",
        kind: .pair,
        placeholder: "NAME=MODEL",
        help: "Serves MODEL under another name too; repeat it for more.",
        commands: [.serve, .edge],
        isRepeatable: true,
        path: "aliases"
    )
    static let defaultModel = Option(
        name: "default-model",
        kind: .text,
        placeholder: "NAME",
        help: "Answers requests that name no model or an unknown one.",
        commands: [.serve, .edge],
        path: "default_model"
    )

    // Where roles meet clients and each other

    static let host = Option(
        name: "host",
        kind: .text,
        placeholder: "ADDRESS",
        help: "Takes HTTP at this address; 0.0.0.0 is all of them.",
        commands: [.serve, .edge],
        fallback: "127.0.0.1",
        path: "http.host"
    )
    static let port = Option(
        name: "port",
        kind: .integer(1...65535),
        placeholder: "N",
        help: "Takes HTTP at this port.",
        commands: [.serve, .edge],
        fallback: "8080",
        path: "http.port"
    )
    static let listen = Option(
        name: "listen",
        kind: .endpoint,
        placeholder: "ENDPOINT",
        help: "Takes edges and workers here.",
        commands: [.coordinator],
        required: [.coordinator],
        path: "fleet.listen"
    )
    static let coordinator = Option(
        name: "coordinator",
        kind: .endpoints,
        placeholder: "ENDPOINT",
        help: "The coordinator to connect to; behind commas those that stand by for it.",
        commands: [.edge, .worker],
        required: [.edge, .worker],
        path: "fleet.coordinator"
    )
    static let tokens = Option(
        name: "tokens",
        kind: .endpoint,
        placeholder: "ENDPOINT",
        help: "Takes tokens from workers here; workers must reach it by the same words.",
        commands: [.edge],
        required: [.edge],
        path: "fleet.tokens"
    )
    static let loops = Option(
        name: "loops",
        kind: .integer(1...64),
        placeholder: "N",
        help: "Threads that answer HTTP.",
        commands: [.edge],
        fallback: "1",
        path: "http.loops"
    )
    static let insecureFleet = Option(
        name: "insecure-fleet",
        kind: .flag,
        help: "Allows endpoints beyond this machine without keys: prompts are open to the network then.",
        commands: [.coordinator, .edge, .worker],
        fallback: "false",
        path: "fleet.insecure"
    )

    // Lanes

    static let laneCapacity = Option(
        name: "lane-capacity",
        kind: .integer(1...1_000_000),
        placeholder: "N",
        help: "Jobs that may wait in one lane; the next is refused at once.",
        commands: [.serve, .coordinator],
        fallback: "10000",
        path: "lanes.capacity"
    )

    // Engine

    static let batch = Option(
        name: "batch",
        kind: .integer(1...1024),
        placeholder: "N",
        help: "Sequences that run at the same time.",
        commands: engines,
        fallback: "64",
        fallbackIn: [.inspect: "1"],
        path: "engine.batch"
    )
    static let stepTokens = Option(
        name: "step-tokens",
        kind: .integer(1...65536),
        placeholder: "N",
        help: "Tokens that one engine step computes at most; no less than --batch.",
        commands: [.serve, .worker],
        fallback: "256",
        path: "engine.step_tokens"
    )
    static let chunk = Option(
        name: "chunk",
        kind: .integer(0...65536),
        placeholder: "N",
        help: "Prompt tokens of one sequence that a step computes at most; 0 is no limit.",
        commands: engines,
        fallback: "256",
        fallbackIn: [.inspect: "0"],
        path: "engine.chunk"
    )
    static let threads = Option(
        name: "threads",
        kind: .integer(1...256),
        placeholder: "N",
        help: "Threads that compute.",
        commands: engines,
        fallbackNote: "one for each CPU, or for all but one of more than 4",
        path: "engine.threads"
    )
    static let block = Option(
        name: "block",
        kind: .integer(1...1024),
        placeholder: "N",
        help: "Tokens in a block of the key-value cache.",
        commands: engines,
        fallback: "16",
        path: "engine.block"
    )
    static let kv = Option(
        name: "kv",
        kind: .choice(EngineOptions.KVPrecision.allCases.map(\.rawValue)),
        placeholder: "f32|f16|q8",
        help: "How keys and values are stored.",
        commands: engines,
        fallback: "f16",
        fallbackIn: [.inspect: "f32"],
        path: "engine.kv"
    )
    static let memory = Option(
        name: "memory",
        kind: .size(1 << 20...1 << 46),
        placeholder: "SIZE",
        help: "Memory for all models together, weights, keys and values: who is not used makes room.",
        commands: [.serve, .worker],
        fallbackNote: "three quarters of the machine's",
        path: "memory"
    )
    static let kvMemory = Option(
        name: "kv-memory",
        kind: .size(1 << 20...1 << 44),
        placeholder: "SIZE",
        help: "Memory for keys and values of each model, such as 512M or 2G.",
        commands: [.serve, .worker],
        fallbackNote: "a quarter of the machine's memory, shared by the models",
        path: "engine.kv_memory"
    )
    static let quantize = Option(
        name: "quantize",
        kind: .choice(EngineOptions.Quantization.allCases.map(\.rawValue)),
        placeholder: "q8|q4",
        help: "Rounds weights of 16 and 32 bits to 8 or 4 while they are loaded.",
        commands: engines,
        fallbackNote: "as they are stored",
        path: "engine.quantize"
    )
    static let activations = Option(
        name: "activations",
        kind: .choice(EngineOptions.Activations.allCases.map(\.rawValue)),
        placeholder: "q8|f32",
        help: "What packed weights are multiplied with: q8 is several times faster, f32 exact.",
        commands: engines,
        fallback: "q8",
        fallbackIn: [.inspect: "f32"],
        path: "engine.activations"
    )
    static let maxContext = Option(
        name: "max-context",
        kind: .integer(1...1 << 24),
        placeholder: "N",
        help: "Tokens of prompt and answer together, if the model allows more.",
        commands: [.serve, .worker],
        fallbackNote: "the model's own limit",
        path: "engine.max_context"
    )
    static let maxGap = Option(
        name: "max-gap",
        kind: .integer(1...60_000),
        placeholder: "MS",
        help: "Longest time between two tokens of a running answer while prompts come in.",
        commands: [.serve, .worker],
        fallbackNote: "about 1.4 times what it is without them",
        path: "engine.max_gap_milliseconds"
    )

    // Every role

    static let config = Option(
        name: "config",
        kind: .text,
        placeholder: "FILE",
        help: "Reads options from a JSON file.",
        commands: roles + Command.group("models")
    )
    static let node = Option(
        name: "node",
        kind: .name(maximumLength: 64),
        placeholder: "NAME",
        help: "The name of a process in the fleet; no two may share one.",
        commands: roles + [.keysNode],
        fallbackNote: "the role, the host's name and the process id",
        required: [.keysNode],
        path: "node"
    )
    static let grace = Option(
        name: "grace",
        kind: .number(0...86400),
        placeholder: "SECONDS",
        help: "How long running answers may go on after SIGTERM.",
        commands: roles,
        fallback: "30",
        path: "grace_seconds"
    )
    static let logLevel = Option(
        name: "log-level",
        kind: .choice(["error", "warn", "info", "debug"]),
        placeholder: "LEVEL",
        help: "The least urgent lines to log: error, warn, info or debug.",
        commands: roles,
        fallback: "info",
        path: "log.level"
    )
    static let logFormat = Option(
        name: "log-format",
        kind: .choice(["human", "json"]),
        placeholder: "FORMAT",
        help: "Log lines for a person (human) or a machine (json).",
        commands: roles,
        fallback: "human",
        path: "log.format"
    )

    // Chat

    static let chatModel = Option(
        name: "model",
        kind: .text,
        placeholder: "NAME",
        help: "The model to talk to.",
        commands: [.chat],
        fallbackNote: "the server's first",
        environment: .named("MILLRACE_CHAT_MODEL")
    )
    static let url = Option(
        name: "url",
        kind: .url,
        placeholder: "URL",
        help: "The server.",
        commands: [.chat],
        fallback: "http://127.0.0.1:8080",
        environment: .named("MILLRACE_CHAT_URL")
    )
    static let system = Option(
        name: "system",
        kind: .text,
        placeholder: "TEXT",
        help: "The system prompt.",
        commands: [.chat],
        environment: .named("MILLRACE_CHAT_SYSTEM")
    )
    static let maxTokens = Option(
        name: "max-tokens",
        kind: .integer(1...1 << 24),
        placeholder: "N",
        help: "The longest answer, in tokens.",
        commands: [.chat],
        environment: .none
    )
    static let temperature = Option(
        name: "temperature",
        kind: .number(0...2),
        placeholder: "T",
        help: "How freely tokens are picked; 0 takes the likeliest.",
        commands: [.chat],
        fallbackNote: "the server's",
        environment: .none
    )
    static let chatSeed = Option(
        name: "seed",
        kind: .integer(0...Int.max),
        placeholder: "N",
        help: "Equal seeds give equal answers to equal conversations.",
        commands: [.chat],
        fallbackNote: "random",
        environment: .none
    )

    // Simulation

    static let seeds = Option(
        name: "seeds",
        kind: .integer(1...1_000_000_000),
        placeholder: "N",
        help: "How many histories to run.",
        commands: [.simulate],
        fallback: "20",
        environment: .none
    )
    static let from = Option(
        name: "from",
        kind: .integer(0...Int.max),
        placeholder: "SEED",
        help: "The first seed.",
        commands: [.simulate],
        fallback: "1",
        environment: .none
    )
    static let historySeed = Option(
        name: "seed",
        kind: .integer(0...Int.max),
        placeholder: "N",
        help: "Runs this one history alone, instead of --seeds and --from.",
        commands: [.simulate],
        environment: .none
    )
    static let trace = Option(
        name: "trace",
        kind: .flag,
        help: "Tells every message and every fault on standard error.",
        commands: [.simulate],
        environment: .none
    )
    static let scenario = Option(
        name: "scenario",
        kind: .text,
        placeholder: "NAME",
        help: "What the histories are about; without it, whatever can fail does.",
        commands: [.simulate],
        environment: .none
    )
    static let plant = Option(
        name: "plant",
        kind: .text,
        placeholder: "BUG",
        help: "Breaks the fleet on purpose, to show that it is found.",
        commands: [.simulate],
        environment: .none
    )
}
