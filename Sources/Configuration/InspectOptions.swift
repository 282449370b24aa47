/// What `millrace inspect` is told.
public struct InspectOptions: Hashable, Sendable {
    /// The part of a model that is tried.
    public enum Subject: String, CaseIterable, Sendable {
        case tokenize
        case detokenize
        case render
        case logits
        case generate
        case embed
        case accepts
        case sample
        case dequantize

        /// Whether it is a part of a model, and so needs one.
        public var needsModel: Bool { self != .accepts && self != .sample && self != .dequantize }
    }

    /// What stands behind `inspect` on the command line.
    static var usage: String {
        let names = { (needsModel: Bool) in
            Subject.allCases.filter { $0.needsModel == needsModel }.map(\.rawValue).joined(separator: "|")
        }
        return "\(names(true)) MODEL, or \(names(false))"
    }

    public var subject: Subject
    /// A path or a name; empty for a subject that needs none.
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
    /// Whether lines of a batch that begin alike share what was computed.
    public var sharesPrefixes: Bool
    /// Nil: weights are used as they are stored.
    public var quantization: EngineOptions.Quantization?
    public var activations: EngineOptions.Activations
    public var guessing: EngineOptions.Guessing

    init(_ settings: Settings) throws(UsageError) {
        let subjects = Subject.allCases.map(\.rawValue)
        guard let name = settings.positional.first else {
            throw UsageError("millrace inspect needs what to inspect: \(alternatives(subjects))")
        }
        guard let subject = Subject(rawValue: name) else {
            throw UsageError("millrace inspect knows no \(name), only \(alternatives(subjects))")
        }
        let models = settings.positional.dropFirst()
        guard models.count == (subject.needsModel ? 1 : 0) else {
            let need = subject.needsModel ? "needs one MODEL" : "takes no MODEL"
            throw UsageError("millrace inspect \(name) \(need), not \(models.count)")
        }
        self.subject = subject
        modelPath = models.first ?? ""
        modelsDirectory = settings.modelsDirectory
        batchSize = settings.integer(.batch)
        chunkTokenCount = settings.integer(.chunk)
        threadCount = settings.threadCount
        blockTokenCount = settings.integer(.block)
        kvPrecision = EngineOptions.KVPrecision(rawValue: settings.text(.kv)) ?? .f32
        sharesPrefixes = settings.text(.prefixCache) == "on"
        activations = EngineOptions.Activations(rawValue: settings.text(.activations)) ?? .f32
        quantization = settings.optionalText(.quantize).flatMap(EngineOptions.Quantization.init(rawValue:))
        guessing = try EngineOptions.Guessing(settings)
    }
}
