internal import CKernels
internal import ModelFiles

/// What the blocks of a model work on during one step: its rows, the memory between blocks, and the kernels.
///
/// Within a phase each thread writes numbers of its own only; between phases they meet. What a number is
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

    /// Makes all rows of a buffer ready to be multiplied with.
    ///
    /// Where they have to be rounded, each part rounds its share and they meet; the rows are valid until the
    /// next call.
    func input(_ from: FloatBuffer, columns: Int, rounds: Bool, _ part: StepPart) -> MatrixInput {
        input(from.start, rows: batch.rows.count, columns: columns, rounds: rounds, part)
    }

    func input(
        _ from: UnsafePointer<Float>,
        rows: Int,
        columns: Int,
        rounds: Bool,
        _ part: StepPart
    ) -> MatrixInput {
        guard rounds else { return MatrixInput(numbers: from, rounded: nil, columns: columns) }
        let rounded = scratch.rounded.start, stride = columns / Int(CK_ROUNDED_NUMBERS)
        for row in part.rows(of: rows) {
            kernels.round(from + row * columns, columns, rounded + row * stride)
        }
        part.meet()
        return MatrixInput(numbers: from, rounded: rounded, columns: columns)
    }

    /// This part's output rows of a matrix, for all token rows.
    func multiply(
        _ matrix: WeightMatrix,
        _ input: MatrixInput,
        to: FloatBuffer,
        _ part: StepPart,
        adding: Bool = false
    ) {
        multiply(matrix, input, to: to.start, tokens: batch.rows.count, part, adding: adding)
    }

    func multiply(
        _ matrix: WeightMatrix,
        _ input: MatrixInput,
        to: UnsafeMutablePointer<Float>,
        tokens: Int,
        _ part: StepPart,
        adding: Bool = false
    ) {
        let outputs = part.outputs(of: matrix.rows)
        matrix.multiply(input, tokens: tokens, to: to, outputs: outputs, adding: adding, kernels)
    }

    /// Normalises this part's rows.
    func norm(_ norm: Norm, _ from: FloatBuffer, to: FloatBuffer, _ part: StepPart) {
        for row in part.rows(of: batch.rows.count) {
            norm.apply(from.start + row * hiddenSize, to: to.start + row * hiddenSize, kernels)
        }
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
