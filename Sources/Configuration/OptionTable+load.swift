/// What `millrace bench` takes when it puts a load on a running server.
extension Option {
    static let loads: [Option] = [
        benchURL, benchModel, clients, requests, promptTokens, shared, benchMaxTokens, benchSeed,
    ]

    static let benchURL = Option(
        name: "url",
        kind: .url,
        placeholder: "URL",
        help: "The server, which has to answer /v1/completions under it.",
        commands: [.bench],
        fallback: "http://127.0.0.1:8080",
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
        help: "How much of each prompt, from its beginning, is the same in all of them.",
        commands: [.bench],
        fallback: "0",
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
        help: "Equal seeds make equal prompts, which a server may have in its cache.",
        commands: [.bench],
        fallbackNote: "the time",
        environment: .none
    )
}
