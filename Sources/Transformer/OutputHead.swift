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

    /// Reads the wanted rows out of `last`.
    func run(_ work: StepWork, _ part: StepPart, to logits: UnsafeMutablePointer<Float>) {
        let rows = BlockRows(work.scratch.last, count: work.batch.wanted.count, columns: matrix.columns)
        var input = work.input(rows, rounds: matrix.readsRounded, part)
        let pieces = work.pieces(of: matrix)
        part.share(pieces.count) { run(work, input.ready(), pieces[$0], tokens: rows.count, to: logits) }
    }

    /// Some outputs, scaled and capped while they are in the cache.
    private func run(
        _ work: StepWork,
        _ input: MatrixInput,
        _ outputs: Range<Int>,
        tokens: Int,
        to logits: UnsafeMutablePointer<Float>
    ) {
        matrix.multiply(input, tokens: tokens, to: logits, outputs: outputs, adding: false, work.kernels)
        guard scale != 1 || softCap != nil else { return }
        for index in 0..<tokens {
            let start = logits + index * matrix.rows + outputs.lowerBound
            if scale != 1 { for place in 0..<outputs.count { start[place] *= scale } }
            if let softCap { work.kernels.soft_cap(start, outputs.count, softCap) }
        }
    }
}
