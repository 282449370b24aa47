internal import CKernels
internal import Glibc
public import ModelFiles

/// Turns texts into vectors that are close to each other where their meanings are.
///
/// Belongs to one thread at a time, which takes part in the computing. A text's vector does not depend on the
/// others that go with it, bit for bit.
public final class EmbeddingModel {
    public let config: EmbeddingConfig
    /// The instruction set that computes.
    public let kernelPath: String
    /// Numbers in a vector.
    public let dimension: Int
    /// Tokens of the longest text, special ones counted; longer ones are cut before they come here.
    public let tokenLimit: Int
    public var vocabularySize: Int { encoder.config.vocabularySize }
    private let encoder: TextEncoder
    private let steps: [Step]

    private enum Step {
        case normalize
        case dense(DenseLayer)
    }

    /// Throws a `ModelFileError` for the files and a `TransformerError` for the options.
    ///
    /// Of the options, those for the memory of keys and values are of no use here.
    public init(source: ModelSource, options: TransformerOptions) throws {
        encoder = try TextEncoder(source: source, options: options)
        kernelPath = String(cString: encoder.kernels.name)
        let config = try EmbeddingConfig(
            directory: source.path,
            configJSON: source.configJSON,
            isCausal: encoder.config.family.isCausal
        )
        self.config = config
        tokenLimit = min(config.maxTokenCount ?? .max, encoder.config.contextTokens)
        var size = config.poolings.count * encoder.config.hiddenSize
        var steps: [Step] = []
        for step in config.steps {
            switch step {
            case .normalize: steps.append(.normalize)
            case .dense(let dense):
                guard dense.inputSize == size else {
                    throw ModelFileError(dense.weights, "in_features", "is \(dense.inputSize), not \(size)")
                }
                steps.append(.dense(try DenseLayer(dense, kernels: encoder.kernels)))
                size = dense.outputSize
            }
        }
        self.steps = steps
        dimension = size
    }

    /// One vector per text, in order.
    public func embed(_ texts: [TextInput]) throws -> [[Float]] {
        var vectors: [[Float]] = []
        vectors.reserveCapacity(texts.count)
        try encoder.encode(texts) { text, states in
            let rows = TokenRows(numbers: states, width: encoder.config.hiddenSize)
            let first = config.poolsPrompt ? 0 : min(max(text.promptTokenCount, 0), rows.count - 1)
            var vector = config.poolings.flatMap { rows.pooled($0, from: first) }
            for step in steps {
                switch step {
                case .normalize: normalize(&vector)
                case .dense(let layer): vector = layer.apply(vector, encoder.kernels)
                }
            }
            vectors.append(vector)
        }
        return vectors
    }

    /// A vector of zeros stays one.
    private func normalize(_ vector: inout [Float]) {
        let square = vector.reduce(0.0) { $0 + Double($1) * Double($1) }
        let length = Float(max(square.squareRoot(), 1e-12))
        for index in vector.indices { vector[index] /= length }
    }
}

/// What a model made of the tokens of one text.
struct TokenRows {
    let numbers: UnsafeBufferPointer<Float>  // [tokens, width]
    let width: Int

    var count: Int { numbers.count / width }

    func row(_ index: Int) -> [Float] { Array(numbers[index * width..<(index + 1) * width]) }

    /// One vector for the text, without the tokens before `first`.
    ///
    /// Sums run from the first token to the last.
    func pooled(_ pooling: EmbeddingConfig.Pooling, from first: Int) -> [Float] {
        switch pooling {
        case .first: row(first)
        case .last: row(count - 1)
        case .max:
            (first..<count).reduce(into: [Float](repeating: -.infinity, count: width)) { top, index in
                for place in 0..<width { top[place] = max(top[place], numbers[index * width + place]) }
            }
        case .mean: sum(from: first) { _ in 1 }.map { $0 / Float(count - first) }
        case .rootMean: sum(from: first) { _ in 1 }.map { $0 / Float(count - first).squareRoot() }
        case .weightedMean:
            sum(from: first) { Float($0 + 1) }.map { $0 / (first..<count).reduce(0) { $0 + Float($1 + 1) } }
        }
    }

    private func sum(from first: Int, _ weight: (Int) -> Float) -> [Float] {
        (first..<count).reduce(into: [Float](repeating: 0, count: width)) { sum, index in
            for place in 0..<width { sum[place] += weight(index) * numbers[index * width + place] }
        }
    }
}

extension DenseLayer {
    init(_ config: EmbeddingConfig.Dense, kernels: ck_kernels) throws(ModelFileError) {
        let source = WeightSource(try TensorSet(safetensors: config.weights), kernels: kernels)
        matrix = try source.matrix("linear", config.outputSize, config.inputSize, bias: config.hasBias)
        switch config.activation {
        case .none: bend = .none
        case .tanh: bend = .tanh
        case .relu: bend = .activation(ck_activation(.relu))
        case .gelu: bend = .activation(ck_activation(.gelu))
        }
    }
}
