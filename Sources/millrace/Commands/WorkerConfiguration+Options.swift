import Configuration
import Contract
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
        allowsInsecure: Bool,
        pool: ModelOptions? = nil
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
        if let pool { try takePool(pool, store, engine) }
        if let path = engine.warmupPath {
            let others = catalogue.map(\.name).filter { name in !models.contains { $0.name == name } }
            warmup = try WarmupFile.prompts(in: path, models: models.map(\.name) + others)
        }
    }

    /// What may be loaded and unloaded: what the command line names, and what the configuration lists.
    private mutating func takePool(
        _ pool: ModelOptions,
        _ store: ModelStore,
        _ engine: EngineOptions
    ) throws {
        memoryBudgetBytes = UInt64(max(0, pool.memoryBytes))
        for model in pool.models {
            // A model that is not here yet may come: then loading it says why it failed.
            let path = (try? store.locate(model.path).path) ?? model.path
            let wish = ModelWish(
                isPinned: model.isPinned,
                replicas: UInt32(clamping: model.replicas),
                idleUnloadSeconds: model.idleUnloadSeconds.map { UInt32(clamping: $0) }
            )
            catalogue.append(
                CatalogueModel(
                    name: model.name,
                    path: path,
                    output: OutputChoice(option: model.outputFormat ?? engine.outputFormat),
                    wish: wish,
                    loadsAtStart: model.loadsAtStart,
                    kvMemoryBytes: model.kvMemoryBytes
                )
            )
        }
        for served in models where !catalogue.contains(where: { $0.name == served.name }) {
            let output = OutputChoice(option: engine.outputFormat)
            catalogue.append(CatalogueModel(name: served.name, path: served.source.path, output: output))
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
