internal import Glibc
internal import ModelFiles
internal import Transformer

/// A model that reads texts whole: it makes vectors of them, or scores.
enum Encoder {
    case embedding(EmbeddingModel)
    case classifier(SequenceClassifier)

    init(_ source: ModelSource, _ reading: TextReading, _ options: TransformerOptions) throws {
        switch reading.purpose {
        case .embed: self = .embedding(try EmbeddingModel(source: source, options: options))
        case .score: self = .classifier(try SequenceClassifier(source: source, options: options))
        }
    }

    var kernelPath: String {
        switch self {
        case .embedding(let model): model.kernelPath
        case .classifier(let model): model.kernelPath
        }
    }

    /// The numbers of each text, in order: its vector, or its score from 0 to 1.
    func numbers(for texts: [TextInput]) throws -> [[Float]] {
        switch self {
        case .embedding(let model): try model.embed(texts)
        case .classifier(let model): try model.classify(texts).map { [Self.relevance($0)] }
        }
    }

    /// One class is how well the text fits; of two or more, the last says that it does.
    private static func relevance(_ scores: [Float]) -> Float {
        guard scores.count > 1, let best = scores.max(), let last = scores.last else {
            return Float(1 / (1 + exp(-Double(scores.first ?? 0))))
        }
        let sum = scores.reduce(0) { $0 + exp(Double($1) - Double(best)) }
        return Float(exp(Double(last) - Double(best)) / sum)
    }
}
