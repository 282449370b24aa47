public import Contract
internal import ModelFiles
public import Output
internal import Transformer

/// A model that a worker may load: where it lies and what the operator wants of it.
///
/// Nothing of it is read before it is loaded but the headers of its files; each load reads it anew.
public struct CatalogueModel: Sendable {
    public var name: String
    public var path: String
    public var output: OutputChoice
    public var wish: ModelWish
    /// Whether the worker takes no job before it has been loaded, or has failed to be.
    public var loadsAtStart: Bool
    /// For keys and values; nil: as much as every model has.
    public var kvMemoryBytes: Int?

    public init(
        name: String,
        path: String,
        output: OutputChoice = .detected,
        wish: ModelWish = ModelWish(),
        loadsAtStart: Bool = false,
        kvMemoryBytes: Int? = nil
    ) {
        self.name = name
        self.path = path
        self.output = output
        self.wish = wish
        self.loadsAtStart = loadsAtStart
        self.kvMemoryBytes = kvMemoryBytes
    }
}

extension WorkerConfiguration {
    /// What a model is loaded with.
    func options(for model: CatalogueModel) -> TransformerOptions {
        var options = options
        if let bytes = model.kvMemoryBytes { options.memory = .bytes(bytes) }
        return options
    }

    /// Memory that a model takes when it is loaded: weights, what is laid out anew of them, keys and values.
    ///
    /// By the headers of its files; of files that cannot be read nothing but the keys and values.
    func neededBytes(for model: CatalogueModel) -> UInt64 {
        guard !isScripted else { return 0 }
        guard let source = try? ModelSource(path: model.path) else { return keyValueBytes(for: model) }
        return neededBytes(of: source, for: model)
    }

    func neededBytes(of source: ModelSource, for model: CatalogueModel) -> UInt64 {
        guard let weights = try? source.openWeights() else { return keyValueBytes(for: model) }
        var bytes: UInt64 = 0
        for name in weights.names {
            guard let tensor = weights[name] else { continue }
            bytes += UInt64(tensor.bytes.count) * (isLaidOutAnew(tensor.type) ? 2 : 1)
        }
        let readsWhole = (try? TextReading(source)) != nil
        return readsWhole ? bytes : bytes + keyValueBytes(for: model)
    }

    /// Whether the loaded model has a copy of such numbers beside the mapped file.
    private func isLaidOutAnew(_ type: ElementType) -> Bool {
        switch type {
        case .f32, .f16, .bf16: false
        case .block, .f8E4M3, .other: options.activations == .eightBits
        }
    }

    private func keyValueBytes(for model: CatalogueModel) -> UInt64 {
        switch options(for: model).memory {
        case .bytes(let count): UInt64(max(0, count))
        case .blocks: 0
        }
    }

    /// What can be said of a model that is not in memory.
    func card(of model: CatalogueModel, created: UInt64) -> ModelCard {
        var card = ModelCard(name: model.name, contextTokens: 0, created: created)
        guard let source = try? ModelSource(path: model.path) else { return card }
        let tokens = min((try? source.config.contextTokens) ?? 0, maxContextTokens ?? .max)
        card.contextTokens = UInt32(clamping: tokens)
        card.sampling = SamplingDefaults(generationConfig: source.generationConfigJSON)
        return card
    }
}
