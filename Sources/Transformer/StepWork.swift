internal import CKernels
internal import ModelFiles

/// What the blocks of a model work on during one step: its rows, the memory between blocks, and the kernels.
///
/// A phase's pieces each write numbers of their own, and read what earlier phases wrote. What a number is
/// computed from, and in which order, never depends on the threads, nor on which other rows are in the step.
final class StepWork {
    var batch = StepBatch()
    let scratch: StepScratch
    let kernels: ck_kernels
    /// Nil: sequences begin and end within the step, and their keys and values stay in the scratch memory.
    let memory: KVMemory?
    let isCausal: Bool
    let hiddenSize: Int

    init(config: ModelConfig, memory: KVMemory?, kernels: ck_kernels, tileRows: Int, threads: Int) {
        scratch = StepScratch(config: config, tileRows: tileRows, threads: threads)
        self.memory = memory
        self.kernels = kernels
        isCausal = config.family.isCausal
        hiddenSize = config.hiddenSize
    }

    func load(_ input: ForwardInput, bounds: StepBatch.Bounds) throws(TransformerError) {
        try batch.load(input, bounds: bounds)
        scratch.reserve(rows: batch.rows.count, wanted: batch.wanted.count)
    }

    /// What the matrices of the next phase read.
    ///
    /// Many rows are shared out and made ready in a phase of their own. Few are left to each thread, which
    /// makes them ready for itself when it takes its first piece. Valid until the next call.
    func input(_ rows: BlockRows, rounds: Bool, _ part: StepPart) -> PhaseInput {
        var input = PhaseInput(rows, rounds: rounds, kernels)
        guard input.hasWork else { return input }
        if rows.count <= OwnScratch.rows {
            let own = scratch.own[part.index]
            input.setPlace(normed: own.normed.start, rounded: own.rounded.start)
        } else {
            input.setPlace(normed: scratch.normed.start, rounded: scratch.rounded.start)
            part.share(rows.count) { input.makeReady(row: $0) }
            input.isReady = true
        }
        return input
    }

    /// How the outputs of a matrix are shared out; `rounds`: what comes out is rounded at once.
    func pieces(of matrix: WeightMatrix, rounds: Bool = false) -> OutputPieces {
        OutputPieces(matrix.rows, unit: matrix.outputUnit(rounds: rounds), threads: scratch.own.count)
    }

    /// Some outputs of a matrix, for all token rows.
    func multiply(
        _ matrix: WeightMatrix,
        _ input: MatrixInput,
        to: FloatBuffer,
        _ outputs: Range<Int>,
        adding: Bool = false
    ) {
        let tokens = batch.rows.count
        matrix.multiply(input, tokens: tokens, to: to.start, outputs: outputs, adding: adding, kernels)
    }

    /// Bends numbers of one row, and rounds what comes out where there is a place for it.
    func bend(
        _ activation: ck_activation,
        _ numbers: UnsafeMutablePointer<Float>,
        _ others: UnsafePointer<Float>?,
        count: Int,
        rounded: UnsafeMutablePointer<ck_rounded>?
    ) {
        var activation = activation
        kernels.activate(&activation, numbers, others, count)
        if let rounded { kernels.round(numbers, count, rounded) }
    }

    /// Where attention finds the keys and values of a span; `blocks` are those of the whole batch.
    func keyValues(
        of span: StepBatch.Span,
        layer: Int,
        head: Int,
        blocks: UnsafePointer<UInt32>,
        _ config: AttentionConfig
    ) -> KeyValueView {
        if let memory {
            return KeyValueView(
                keys: memory.keys(layer: layer, head: head),
                values: memory.values(layer: layer, head: head),
                blocks: blocks + span.firstBlock,
                blockTokens: memory.blockTokens,
                blockBytes: memory.blockBytes,
                kind: memory.kind
            )
        }
        let rowBytes = config.keySize * MemoryLayout<Float>.size, first = head * config.headSize
        return KeyValueView(
            keys: UnsafeRawPointer(scratch.keys.start + first).assumingMemoryBound(to: UInt8.self),
            values: UnsafeRawPointer(scratch.values.start + first).assumingMemoryBound(to: UInt8.self),
            blocks: blocks + span.firstBlock,
            blockTokens: 1,
            blockBytes: rowBytes,
            kind: Int32(CK_KV_F32)
        )
    }
}

/// The keys and values of one head of one sequence, wherever they lie.
struct KeyValueView {
    var keys: UnsafePointer<UInt8>
    var values: UnsafePointer<UInt8>
    var blocks: UnsafePointer<UInt32>
    var blockTokens: Int
    var blockBytes: Int
    var kind: Int32
}
