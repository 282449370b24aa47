extension Option {
    static let modelsDirectory = Option(
        name: "models-dir",
        kind: .text,
        placeholder: "DIR",
        help: "Where models are pulled to and looked up by name.",
        commands: [.serve, .worker, .inspect, .modelsList, .modelsPull, .modelsInspect],
        fallbackNote: "$XDG_DATA_HOME/millrace/models, or that below ~/.local/share",
        path: "models_directory"
    )
    static let hub = Option(
        name: "hub",
        kind: .url,
        placeholder: "URL",
        help: "The hub to pull from.",
        commands: [.modelsPull],
        fallback: "https://huggingface.co",
        sharedVariable: "HF_ENDPOINT",
        path: "hub"
    )
    static let quiet = Option(
        name: "quiet",
        kind: .flag,
        help: "Says nothing but what goes wrong.",
        commands: [.modelsPull, .modelsLoad],
        fallback: "false",
        environment: .none
    )
    static let manageURL = Option(
        name: "url",
        kind: .url,
        placeholder: "URL",
        help: "The server.",
        commands: [.modelsLoad, .modelsUnload, .modelsStatus],
        fallback: "http://127.0.0.1:8080",
        environment: .named("MILLRACE_URL")
    )
    static let manageWorker = Option(
        name: "worker",
        kind: .name(maximumLength: 64),
        placeholder: "NAME",
        help: "The worker that is meant.",
        commands: [.modelsLoad, .modelsUnload],
        fallbackNote: "to load, that which suits best; to unload, all",
        environment: .none
    )
    static let reload = Option(
        name: "reload",
        kind: .flag,
        help: "Loads it anew from its path where it is loaded already, while it goes on serving.",
        commands: [.modelsLoad],
        fallback: "false",
        environment: .none
    )
    static let manageKeyFile = Option(
        name: "key-file",
        kind: .text,
        placeholder: "FILE",
        help: "A file with one of the server's admin keys, which it asks for where it has any.",
        commands: [.modelsLoad, .modelsUnload, .modelsStatus]
    )
    static let jsonOutput = Option(
        name: "json",
        kind: .flag,
        help: "Prints JSON instead of a table.",
        commands: [.modelsList, .modelsInspect, .modelsStatus],
        fallback: "false",
        environment: .none
    )
}
