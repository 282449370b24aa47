/// How an engine computes.
///
/// Apart from the rounding of weights and of keys and values, none of it changes a bit of what it generates.
public struct EngineOptions: Hashable, Sendable {
    /// How keys and values are stored.
    public enum KVPrecision: String, CaseIterable, Sendable {
        case f32
        case f16
        case q8
    }

    /// What weights are rounded to while they are loaded.
    public enum Quantization: String, CaseIterable, Sendable {
        case q8
        case q4
    }

    /// What packed weights are multiplied with.
    public enum Activations: String, CaseIterable, Sendable {
        /// Rounded to eight bits.
        case q8
        case f32
    }

    /// How tokens are guessed ahead.
    public struct Guessing: Hashable, Sendable {
        public var source: Speculation
        /// A path or a name; nil: none.
        public var draftModelPath: String?
        /// Tokens of one sequence at most.
        public var tokenCount: Int

        init(_ settings: Settings) throws(UsageError) {
            source = Speculation(rawValue: settings.text(.speculate)) ?? .auto
            draftModelPath = settings.optionalText(.draftModel)
            tokenCount = settings.integer(.draftTokens)
            if source == .draft, draftModelPath == nil {
                throw UsageError("--speculate draft needs a --draft-model")
            }
        }
    }

    /// What tokens are guessed from.
    public enum Speculation: String, CaseIterable, Sendable {
        case auto
        case off
        case lookup
        case draft
    }

    /// Sequences that run at the same time.
    public var batchSize: Int
    /// Tokens that one step computes at most.
    public var stepTokenCount: Int
    /// Prompt tokens of one sequence that a step computes at most; 0 is no limit.
    public var chunkTokenCount: Int
    public var threadCount: Int
    /// Tokens in a block of the key-value cache.
    public var blockTokenCount: Int
    public var kvPrecision: KVPrecision
    /// For each model.
    public var kvMemoryBytes: Int
    /// Whether prompts that begin alike share what was computed.
    public var sharesPrefixes: Bool
    /// A file of prompts that are computed before the first job is taken.
    public var warmupPath: String?
    /// Nil: nothing is kept on disk.
    public var prefixDirectory: String?
    public var prefixDiskBytes: Int
    public var prefixMinTokenCount: Int
    /// Nil: weights are used as they are stored.
    public var quantization: Quantization?
    public var activations: Activations
    /// Nil: the model's own limit.
    public var maxContextTokenCount: Int?
    /// Longest gap of a running answer while prompts come in; nil: relative to what it is without them.
    public var maxGapMilliseconds: Int?
    public var guessing: Guessing
    /// How outputs are read: a format's name, `auto` or `plain`.
    public var outputFormat: String

    /// For roles that serve.
    init(_ settings: Settings) throws(UsageError) {
        batchSize = settings.integer(.batch)
        stepTokenCount = settings.integer(.stepTokens)
        chunkTokenCount = settings.integer(.chunk)
        threadCount = settings.threadCount
        blockTokenCount = settings.integer(.block)
        kvPrecision = KVPrecision(rawValue: settings.text(.kv)) ?? .f16
        kvMemoryBytes = settings.optionalInteger(.kvMemory) ?? Self.usualMemoryBytes(settings)
        sharesPrefixes = settings.text(.prefixCache) == "on"
        warmupPath = settings.optionalText(.warmup)
        prefixDirectory = settings.optionalText(.prefixDirectory)
        prefixDiskBytes = settings.integer(.prefixDisk)
        prefixMinTokenCount = settings.integer(.prefixMinTokens)
        quantization = settings.optionalText(.quantize).flatMap(Quantization.init(rawValue:))
        activations = Activations(rawValue: settings.text(.activations)) ?? .q8
        maxContextTokenCount = settings.optionalInteger(.maxContext)
        maxGapMilliseconds = settings.optionalInteger(.maxGap)
        guessing = try Guessing(settings)
        outputFormat = settings.text(.outputFormat)
        guard sharesPrefixes || warmupPath == nil else {
            throw UsageError("--warmup needs --prefix-cache on: without it nothing is kept")
        }
        guard stepTokenCount >= batchSize else {
            throw UsageError("--step-tokens must be at least --batch (\(batchSize)), not \(stepTokenCount)")
        }
    }

    /// A quarter of the machine's memory, shared by the models.
    ///
    /// Prompts that come again are worth keeping, and what is never used is never taken.
    private static func usualMemoryBytes(_ settings: Settings) -> Int {
        let listed = (try? ModelOptions(settings).models.count) ?? 0
        let modelCount = max(1, settings.texts(.modelPath).count + listed)
        return max(256 << 20, settings.surroundings.memoryByteCount / 4 / modelCount)
    }
}
