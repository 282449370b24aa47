internal import CKernels
internal import ModelFiles

/// Turns what the last layer made of a token into scores of the next one.
struct OutputHead {
    private let matrix: WeightMatrix
    private let scale: Float
    private let softCap: Float?

    init(_ source: WeightSource, tied: WeightMatrix, config: ModelConfig) throws(ModelFileError) {
        // It stands beside the model, not in it.
        var source = source
        source.root = ""
        source.areTransposed = false
        let name = config.family.tensors.head
        matrix =
            config.tiesEmbeddings
            ? try tied.laidOut(by: source.panels)
            : try source.matrix(name, config.vocabularySize, config.hiddenSize)
        scale = config.scale.logits
        softCap = config.scale.logitSoftCap
    }

    /// Each part scales and caps the numbers that it has just computed.
    func run(_ work: StepWork, _ part: StepPart, to logits: UnsafeMutablePointer<Float>) {
        let count = work.batch.wanted.count
        let input = work.input(
            work.scratch.last.start,
            rows: count,
            columns: matrix.columns,
            rounds: matrix.readsRounded,
            part
        )
        work.multiply(matrix, input, to: logits, tokens: count, part)
        guard scale != 1 || softCap != nil else { return }
        let outputs = part.outputs(of: matrix.rows)
        for index in 0..<count {
            let start = logits + index * matrix.rows + outputs.lowerBound
            if scale != 1 { for place in 0..<outputs.count { start[place] *= scale } }
            if let softCap { work.kernels.soft_cap(start, outputs.count, softCap) }
        }
    }
}
