/// A model that is measured, with what `millrace serve` would run it with.
public struct BenchedModel: Hashable, Sendable {
    /// A path or a name.
    public var path: String
    /// Where names are looked up; nil if the user has no home.
    public var directory: String?
    public var engine: EngineOptions
    /// Whether tokens may be guessed ahead: how many are right depends on the text and not on the engine.
    public var guessesAhead: Bool

    /// The first word besides options is the model; those behind `--` are options of serve.
    init(_ settings: Settings) throws(UsageError) {
        guard let path = settings.positional.first, !path.hasPrefix("-") else {
            throw UsageError("millrace \(settings.command) needs one MODEL")
        }
        self.path = path
        var words = Array(settings.positional.dropFirst())
        if let count = settings.optionalInteger(.benchThreads) { words += [Option.threads.flag, "\(count)"] }
        if let type = settings.optionalText(.benchKV) { words += [Option.kv.flag, type] }
        let serving = try BenchOptions.serving(words, settings.surroundings)
        engine = serving.engine
        directory = serving.modelsDirectory
        guessesAhead = settings.flag(.guesses)
    }
}
