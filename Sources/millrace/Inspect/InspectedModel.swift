import Configuration
import Contract
import KVCache
import ModelFiles
import Transformer

/// A model loaded for inspection, with memory for one batch of its longest lines.
final class InspectedModel {
    /// Tokens of KV memory that inspection asks for; taken from the system only as they are used.
    private static let memoryTokens = 1 << 17

    let source: ModelSource
    let model: TransformerModel
    let options: TransformerOptions
    let chunkTokenCount: Int

    init(_ options: InspectOptions) throws {
        source = try ModelSource(path: options.modelPath)
        chunkTokenCount = options.chunkTokenCount
        self.options = TransformerOptions(
            memory: .blocks(max(1, Self.memoryTokens / options.blockTokenCount)),
            blockTokens: options.blockTokenCount,
            kv: TransformerOptions.KVType(options.kvPrecision),
            threads: options.threadCount,
            activations: options.activations == .q8 ? .eightBits : .exact,
            quantization: options.quantization.map(WeightQuantization.init)
        )
        model = try TransformerModel(source: source, options: self.options)
    }

    func check(_ ids: [TokenID]) throws(InspectError) {
        guard !ids.isEmpty else { throw InspectError("\"ids\" is empty") }
        guard ids.count <= model.contextTokens else {
            throw InspectError(
                "\"ids\" has \(ids.count) tokens, the model's context is \(model.contextTokens)"
            )
        }
        if let wrong = ids.first(where: { Int($0) >= model.vocabularySize }) {
            throw InspectError("\"ids\" holds \(wrong), the vocabulary ends at \(model.vocabularySize - 1)")
        }
    }
}
