internal import JSON
internal import ModelFiles
internal import Templates
internal import Transformer

/// Everything that can be said about a model without running it, and all that is wrong with it.
///
/// Each part is read for itself: what one file lacks does not hide what another says.
public struct ModelReport: Sendable {
    /// How much is read.
    public enum Depth {
        /// config.json and the headers of the weights.
        case headers
        /// The tokenizer and the template too, and every tensor's shape against config.json.
        case everything
    }

    /// As it is named on a command line; nil where only its path was given.
    public var name: String?
    public var path: String
    public var format: String
    public var architecture: ArchitectureFacts?
    public var weights: WeightFacts?
    public var tokenizer: TokenizerFacts?
    /// Nil where only headers were read.
    public var template: TemplateFacts?
    public var availableBytes: Int?
    /// Why it cannot be used; empty if it can.
    public private(set) var problems: [String] = []

    public var isUsable: Bool { problems.isEmpty }

    public init(path: String, name: String?, depth: Depth, memory: MachineMemory) {
        self.path = path
        self.name = name
        format = path.lowercased().hasSuffix(".gguf") ? "gguf" : "safetensors"
        availableBytes = memory.availableBytes
        guard let source = attempt({ try ModelSource(path: path) }) else { return }
        architecture = source.configJSON.map { ArchitectureFacts($0) }
        let config = attempt { try source.config }
        let tensors = attempt { try source.openWeights() }
        weights = tensors.map { WeightFacts($0, config: source.configJSON) }
        guard depth == .everything else { return }
        if config != nil && tensors != nil { attempt { try TransformerModel.check(source) } }
        tokenizer = attempt { try TokenizerFacts(source) }
        template = TemplateFacts(
            source,
            source.chatTemplateSource.flatMap { text in attempt { try ChatTemplate(text) } }
        )
    }

    /// In a word: how packed weights are packed, or else the type that most of the weights are in.
    public var quantization: String? { weights.flatMap { $0.packing ?? $0.shares.first?.type } }

    /// Keys and values as `millrace serve` keeps them unless told otherwise.
    public var keyValues: KeyValueFacts? { keyValues(elementBytes: 2) }

    public func keyValues(elementBytes: Int) -> KeyValueFacts? {
        architecture.flatMap { KeyValueFacts($0, elementBytes: elementBytes) }
    }

    public var fit: Fit? {
        weights.flatMap {
            Fit(
                weightBytes: $0.byteCount,
                keyValues: keyValues,
                contextTokenCount: architecture?.contextTokenCount,
                availableBytes: availableBytes
            )
        }
    }

    /// Runs one part; what it throws is a problem.
    @discardableResult
    private mutating func attempt<Value>(_ part: () throws -> Value) -> Value? {
        do {
            return try part()
        } catch {
            let problem = "\(error)"
            if !problems.contains(problem) { problems.append(problem) }
            return nil
        }
    }
}
