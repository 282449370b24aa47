internal import CKernels
public import ModelFiles

/// Sorts texts into classes; with one class it scores them, as a reranker scores a document for a question.
///
/// Belongs to one thread at a time. A text's scores do not depend on the others, bit for bit.
public final class SequenceClassifier {
    /// The instruction set that computes.
    public let kernelPath: String
    public let classCount: Int
    /// Tokens of the longest text.
    public let tokenLimit: Int
    private let encoder: TextEncoder
    private let dense: DenseLayer?
    private let output: DenseLayer
    private let pooling: ClassifierConfig.Pooling

    /// Throws a `ModelFileError` where the files hold no such head.
    public init(source: ModelSource, options: TransformerOptions) throws {
        let encoder = try TextEncoder(source: source, options: options)
        self.encoder = encoder
        kernelPath = String(cString: encoder.kernels.name)
        let model = encoder.config, config = model.classifier
        tokenLimit = model.contextTokens
        pooling = config.pooling
        var outside = encoder.weights
        outside.root = ""
        dense = try config.dense.map { layer in
            let source = layer.isInModel ? encoder.weights : outside
            return DenseLayer(
                matrix: try source.matrix(
                    layer.name,
                    model.hiddenSize,
                    model.hiddenSize,
                    bias: layer.hasBias
                ),
                bend: layer.activation.map { .activation(ck_activation($0)) } ?? .tanh,
                norm: try layer.norm.map { try Norm(outside, $0, model.norm, count: model.hiddenSize) }
            )
        }
        let name = "\(config.output).weight"
        guard let tensor = outside.tensors[name], tensor.shape.count == 2, tensor.shape[0] > 0 else {
            throw ModelFileError(outside.tensors.path, name, "is missing: the model does not sort texts")
        }
        classCount = tensor.shape[0]
        output = DenseLayer(
            matrix: try outside.matrix(
                config.output,
                classCount,
                model.hiddenSize,
                bias: config.outputHasBias
            ),
            bend: .none
        )
    }

    /// One number per class for each text, as the model gives them: neither probabilities nor in order.
    public func classify(_ texts: [TextInput]) throws -> [[Float]] {
        var results: [[Float]] = []
        results.reserveCapacity(texts.count)
        try encoder.encode(texts) { text, states in
            let rows = TokenRows(numbers: states, width: encoder.config.hiddenSize)
            let pooled =
                switch pooling {
                case .first: rows.row(0)
                case .mean: rows.pooled(.mean, from: 0)
                case .last: rows.row(lastToken(of: text))
                }
            let inner = dense?.apply(pooled, encoder.kernels) ?? pooled
            results.append(output.apply(inner, encoder.kernels))
        }
        return results
    }

    /// The last one that is no padding.
    private func lastToken(of text: TextInput) -> Int {
        text.ids.lastIndex { $0 != encoder.config.paddingToken } ?? 0
    }
}
