/// What keeps the beginnings of prompts.
extension Option {
    static let prefixCache = Option(
        name: "prefix-cache",
        kind: .choice(["on", "off"]),
        placeholder: "on|off",
        help: "Keeps what was computed, for prompts of the same tenant that begin alike.",
        commands: engines,
        fallback: "on",
        path: "engine.prefix_cache"
    )
    static let warmup = Option(
        name: "warmup",
        kind: .text,
        placeholder: "FILE",
        help: "Computes prompts before the first job is taken: on each line a JSON object with \"prompt\" or "
            + "\"messages\" as in a request, and perhaps \"model\" and \"tenant\".",
        commands: [.serve, .worker],
        path: "engine.warmup"
    )
    static let prefixDirectory = Option(
        name: "prefix-dir",
        kind: .text,
        placeholder: "DIR",
        help: "Keeps computed prefixes in this directory, for one process at a time; they outlive restarts.",
        commands: [.serve, .worker],
        fallbackNote: "nothing is kept on disk",
        path: "engine.prefix_dir"
    )
    static let prefixDisk = Option(
        name: "prefix-disk",
        kind: .size(1 << 20...1 << 50),
        placeholder: "SIZE",
        help: "Disk space for prefixes; those not used for longest make room.",
        commands: [.serve, .worker],
        fallback: "10G",
        path: "engine.prefix_disk"
    )
    static let prefixMinTokens = Option(
        name: "prefix-min-tokens",
        kind: .integer(1...1_000_000),
        placeholder: "N",
        help: "Prefixes with fewer tokens are not written to disk.",
        commands: [.serve, .worker],
        fallback: "512",
        path: "engine.prefix_min_tokens"
    )
}
