/// What `millrace bench` takes when it puts a load on a running server.
extension Option {
    static let loads: [Option] = [
        benchURL, benchModel, workload, clients, requests, promptTokens, shared, groups, benchMaxTokens,
        benchSeed, check,
    ]

    static let benchURL = Option(
        name: "url",
        kind: .url,
        placeholder: "URL",
        help: "The server, which has to answer /v1/completions under it; several take turns.",
        commands: [.bench],
        fallback: "http://127.0.0.1:8080",
        isRepeatable: true,
        environment: .none
    )
    static let workload = Option(
        name: "workload",
        kind: .choice(LoadBenchOptions.Workload.allCases.map(\.rawValue)),
        placeholder: "NAME",
        help: "What is asked for: plain completions, chat with system texts in groups, every fourth prompt "
            + "long, all lanes (high, normal and low as 1 : 2 : 2), or agents whose conversations grow.",
        commands: [.bench],
        fallback: LoadBenchOptions.Workload.completions.rawValue,
        environment: .none
    )
    static let groups = Option(
        name: "groups",
        kind: .integer(1...100_000),
        placeholder: "N",
        help: "How many system texts there are in a chat and among agents.",
        commands: [.bench],
        fallback: "4",
        environment: .none
    )
    static let check = Option(
        name: "check",
        kind: .flag,
        help: "Asks everything twice, and compares each answer with the first one to the same request.",
        commands: [.bench],
        fallback: "false",
        environment: .none
    )
    static let benchModel = Option(
        name: "model",
        kind: .text,
        placeholder: "NAME",
        help: "The model that is asked for.",
        commands: [.bench],
        fallbackNote: "the server's first",
        environment: .none
    )
    static let clients = Option(
        name: "clients",
        kind: .integers(1...4096),
        placeholder: "N,N",
        help: "How many clients stream at the same time; one measurement for each number.",
        commands: [.bench],
        fallback: "1,2,4,8,16,32,64",
        environment: .none
    )
    static let requests = Option(
        name: "requests",
        kind: .integer(1...10_000),
        placeholder: "N",
        help: "Requests of each client, one after the other.",
        commands: [.bench],
        fallback: "2",
        environment: .none
    )
    static let promptTokens = Option(
        name: "prompt-tokens",
        kind: .integer(1...1 << 20),
        placeholder: "N",
        help: "The length of each prompt, as nearly as words allow.",
        commands: [.bench],
        fallback: "128",
        environment: .none
    )
    static let shared = Option(
        name: "shared",
        kind: .integer(0...100),
        placeholder: "PERCENT",
        help: "How much of each prompt, from its beginning, is the same in all of them, or in its group.",
        commands: [.bench],
        fallbackNote: "0; 75 in a chat and for agents",
        environment: .none
    )
    static let benchMaxTokens = Option(
        name: "max-tokens",
        kind: .integer(1...1 << 20),
        placeholder: "N",
        help: "The length of each answer; a server that knows ignore_eos does not end earlier.",
        commands: [.bench],
        fallback: "64",
        environment: .none
    )
    static let benchSeed = Option(
        name: "seed",
        kind: .integer(0...Int.max),
        placeholder: "N",
        help: "Equal seeds make equal requests, which a server may have in its cache.",
        commands: [.bench],
        fallbackNote: "the time",
        environment: .none
    )
}
