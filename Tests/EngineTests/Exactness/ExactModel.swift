import ModelFiles
import TestSupport
import Testing
import Transformer

/// A small model in one of the shapes and weight types that have to be exact.
struct ExactModel: Sendable, CustomTestStringConvertible {
    private static let quantized: [WeightQuantization?] = [nil, .q8, .q4]

    /// Those that lie beside the tests: full attention and windows, sinks, experts, caps, ropes that depend
    /// on the length of a text, learned positions.
    static let included: [ExactModel] = {
        let plain = ["llama3-tiny", "qwen3-tiny"].flatMap { name in
            quantized.map { ExactModel(folder: name, quantization: $0) }
        }
        let families = [
            "gemma3_text", "gpt2", "gpt_oss", "llama-dynamic", "minimax_m2", "mixtral", "phi3-longrope",
        ]
        return plain + families.map { ExactModel(folder: "families/\($0)", quantization: nil) }
    }()

    /// Every type of packed weights, where the shared fixtures lie beside the package.
    static let packed: [ExactModel] = [
        "gguf/qwen3-tiny-F16.gguf", "gguf/qwen3-tiny-BF16.gguf", "gguf/qwen3-tiny-Q8_0.gguf",
        "gguf/qwen3-tiny-Q4_0.gguf", "gguf/qwen3-256-Q4_K_M.gguf", "gguf/qwen3-256-Q6_K.gguf",
        "models/qwen3-tiny-mlx-4bit", "models/qwen3-256-mlx-4bit",
    ].filter(SharedFixtures.has).map { ExactModel(shared: $0) }

    let name: String
    private let path: String
    private let quantization: WeightQuantization?

    private init(folder: String, quantization: WeightQuantization?) {
        path = "\(PackageFolder.path)/Tests/TransformerTests/Fixtures/\(folder)"
        name = folder + (quantization.map { "-\($0.rawValue)" } ?? "")
        self.quantization = quantization
    }

    private init(shared: String) {
        path = SharedFixtures.path(shared)
        name = shared
        quantization = nil
    }

    var testDescription: String { name }

    func open(_ options: TransformerOptions) throws -> TransformerModel {
        var options = options
        options.quantization = quantization
        return try TransformerModel(source: ModelSource(path: path), options: options)
    }
}
