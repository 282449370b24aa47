/// What `millrace inspect` is told.
public struct InspectOptions: Hashable, Sendable {
    /// The part of a model that is tried.
    public enum Subject: String, CaseIterable, Sendable {
        case tokenize
        case detokenize
        case render
        case logits
        case generate
    }

    public var subject: Subject
    /// A path or a name.
    public var modelPath: String
    /// Where names are looked up; nil if the user has no home.
    public var modelsDirectory: String?
    /// Lines that run in one engine batch.
    public var batchSize: Int
    /// Prompt tokens of one sequence that a step computes at most; 0 is no limit.
    public var chunkTokenCount: Int
    public var threadCount: Int
    /// Tokens in a block of the key-value cache.
    public var blockTokenCount: Int
    public var kvPrecision: EngineOptions.KVPrecision

    init(_ settings: Settings) throws(UsageError) {
        let subjects = Subject.allCases.map(\.rawValue)
        guard let name = settings.positional.first else {
            throw UsageError("millrace inspect needs what to inspect: \(alternatives(subjects))")
        }
        guard let subject = Subject(rawValue: name) else {
            throw UsageError("millrace inspect knows no \(name), only \(alternatives(subjects))")
        }
        guard settings.positional.count == 2 else {
            throw UsageError("millrace inspect \(name) needs one MODEL, not \(settings.positional.count - 1)")
        }
        self.subject = subject
        modelPath = settings.positional[1]
        modelsDirectory = settings.modelsDirectory
        batchSize = settings.integer(.batch)
        chunkTokenCount = settings.integer(.chunk)
        threadCount = settings.optionalInteger(.threads) ?? max(1, settings.surroundings.processorCount - 1)
        blockTokenCount = settings.integer(.block)
        kvPrecision = EngineOptions.KVPrecision(rawValue: settings.text(.kv)) ?? .f32
    }
}
