extension Option {
    // Guessing ahead

    static let speculate = Option(
        name: "speculate",
        kind: .choice(EngineOptions.Speculation.allCases.map(\.rawValue)),
        placeholder: "auto|off|lookup|draft",
        help: "Guesses tokens ahead where that pays: from the text, by the draft model, by both.",
        commands: engines,
        fallback: "auto",
        path: "engine.speculate"
    )
    static let draftModel = Option(
        name: "draft-model",
        kind: .text,
        placeholder: "MODEL",
        help: "A smaller model with the same tokenizer that guesses ahead.",
        commands: engines,
        path: "engine.draft_model"
    )
    static let draftTokens = Option(
        name: "draft-tokens",
        kind: .integer(1...64),
        placeholder: "N",
        help: "Tokens that are guessed ahead of one answer at most.",
        commands: engines,
        fallback: "8",
        path: "engine.draft_tokens"
    )
}
