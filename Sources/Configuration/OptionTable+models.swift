extension Option {
    static let modelsDirectory = Option(
        name: "models-dir",
        kind: .text,
        placeholder: "DIR",
        help: "Where models are pulled to and looked up by name.",
        commands: [.serve, .worker, .inspect] + Command.group("models"),
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
        commands: [.modelsPull],
        fallback: "false",
        environment: .none
    )
    static let jsonOutput = Option(
        name: "json",
        kind: .flag,
        help: "Prints JSON instead of a table.",
        commands: [.modelsList, .modelsInspect],
        fallback: "false",
        environment: .none
    )
}
