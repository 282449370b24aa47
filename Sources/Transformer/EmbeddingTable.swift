internal import CKernels
internal import ModelFiles

/// Turns tokens into what the first layer reads.
struct EmbeddingTable {
    let tokens: WeightMatrix
    /// Of models that learned their positions.
    private let positions: WeightMatrix?
    private let firstPosition: Int
    /// Of models that tell the texts of a pair apart.
    private let types: WeightMatrix?
    private let norm: Norm?
    private let scale: Float

    init(_ source: WeightSource, config: ModelConfig) throws(ModelFileError) {
        let names = config.family.tensors, size = config.hiddenSize
        // Tables are looked up, not multiplied with: they lie as they are, whatever the matrices do.
        var source = source
        source.areTransposed = false
        source.panels = nil
        tokens = try source.matrix(names.embedding, config.vocabularySize, size)
        if let learned = config.learnedPositions, let name = names.positions {
            positions = try source.matrix(name, learned.count, size)
            firstPosition = learned.first
        } else {
            positions = nil
            firstPosition = 0
        }
        types = try names.tokenTypes.map { (name) throws(ModelFileError) in
            try source.matrix(name, config.tokenTypeCount, size)
        }
        norm = try names.embeddingNorm.map { (name) throws(ModelFileError) in
            try Norm(source, name, config.norm, count: size)
        }
        scale = config.scale.embedding
    }

    /// One row of the step.
    func run(_ work: StepWork, row index: Int) {
        let size = work.hiddenSize, kernels = work.kernels
        let row = work.batch.rows[index]
        let sum = work.scratch.residual.start + index * size
        let addend = work.scratch.normed.start + index * size
        tokens.copyRow(row.token, to: sum, kernels)
        if scale != 1 { for place in 0..<size { sum[place] *= scale } }
        if let types {
            types.copyRow(row.type, to: addend, kernels)
            kernels.add_scaled(sum, addend, 1, size)
        }
        if let positions {
            positions.copyRow(firstPosition + row.position, to: addend, kernels)
            kernels.add_scaled(sum, addend, 1, size)
        }
        norm?.apply(sum, to: sum, kernels)
    }
}
