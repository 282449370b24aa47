import Configuration
import Engine
import Messaging
import ModelFiles
import ModelStore
import Output
import PrefixStore
import Transformer
import Worker

extension WorkerConfiguration {
    /// Opens the models' files, all but the weights.
    init(
        coordinator: Messaging.Endpoint,
        modelPaths: [String],
        modelsDirectory: String?,
        engine: EngineOptions,
        allowsInsecure: Bool
    ) throws {
        var limits = EngineLimits()
        limits.sequences = engine.batchSize
        limits.rowsPerStep = engine.stepTokenCount
        limits.chunkRows = engine.chunkTokenCount
        limits.sharesPrefixes = engine.sharesPrefixes
        limits.pace.longestGap = engine.maxGapMilliseconds.map { .milliseconds($0) }
        limits.speculation = Speculation(engine.guessing)
        let store = ModelStore(root: modelsDirectory)
        self.init(
            coordinator: coordinator,
            models: try modelPaths.map { model in
                let entry = try store.locate(model)
                return try ServedModel(
                    path: entry.path,
                    name: entry.name ?? Self.name(of: entry.path),
                    output: OutputChoice(option: engine.outputFormat)
                )
            },
            options: TransformerOptions(
                memory: .bytes(engine.kvMemoryBytes),
                blockTokens: engine.blockTokenCount,
                kv: TransformerOptions.KVType(engine.kvPrecision),
                threads: engine.threadCount,
                activations: engine.activations == .q8 ? .eightBits : .exact,
                quantization: engine.quantization.map(WeightQuantization.init)
            ),
            limits: limits,
            prefixes: engine.prefixDirectory.map { path in
                PrefixDirectory(
                    path: path,
                    limits: PrefixLimits(
                        diskBytes: engine.prefixDiskBytes,
                        minTokens: engine.prefixMinTokenCount
                    )
                )
            },
            maxContextTokens: engine.maxContextTokenCount,
            version: Millrace.version,
            allowsInsecure: allowsInsecure
        )
        if let path = engine.guessing.draftModelPath {
            draft = try ModelSource(path: store.locate(path).path)
        }
        if let path = engine.warmupPath {
            warmup = try WarmupFile.prompts(in: path, models: models.map(\.name))
        }
    }

    /// A model that is given by its path is called what its directory or GGUF file is called; the bundled one
    /// just `demo`.
    private static func name(of path: String) -> String {
        var last = path.split(separator: "/").last.map(String.init) ?? path
        if last.hasSuffix(".gguf") { last.removeLast(5) }
        return last == "demo-model" ? "demo" : last
    }
}

extension OutputChoice {
    init(option: String) {
        switch option {
        case "auto": self = .detected
        case "plain": self = .plain
        default: self = .named(option)
        }
    }
}

extension Speculation {
    init(_ options: EngineOptions.Guessing) {
        self.init()
        switch options.source {
        case .auto: source = .auto
        case .off: source = .off
        case .lookup: source = .lookup
        case .draft: source = .draft
        }
        longestProposal = options.tokenCount
    }
}

extension TransformerOptions.KVType {
    init(_ option: EngineOptions.KVPrecision) {
        switch option {
        case .f32: self = .f32
        case .f16: self = .f16
        case .q8: self = .q8
        }
    }
}

extension WeightQuantization {
    init(_ option: EngineOptions.Quantization) {
        switch option {
        case .q8: self = .q8
        case .q4: self = .q4
        }
    }
}
