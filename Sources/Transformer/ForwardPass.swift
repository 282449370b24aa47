internal import CKernels
internal import ModelFiles

/// One step through all layers, run by all threads of a model at once.
///
/// Within a phase each thread writes numbers of its own only; between phases they meet. What a number is
/// computed from, and in which order, never depends on the threads, nor on which other rows are in the step.
final class ForwardPass: @unchecked Sendable {
    // Unchecked because `batch`, `scratch` and `logits` are set between two steps, by the one thread that
    // then starts the step; while it runs they are only read, apart from the numbers behind the pointers, as
    // said above.

    /// Query rows of one key-value head that are computed together; their running sums stay in the cache.
    private static let attentionRows = 32

    let config: ModelConfig
    let memory: KVMemory
    let bounds: StepBatch.Bounds
    private let weights: ModelWeights
    private let kernels: ck_kernels
    private let angles: RotaryAngles
    private let scratch: StepScratch
    private var batch = StepBatch()
    private var logits: UnsafeMutablePointer<Float>?

    init(config: ModelConfig, weights: ModelWeights, memory: KVMemory, kernels: ck_kernels, threads: Int) {
        self.config = config
        self.weights = weights
        self.memory = memory
        self.kernels = kernels
        angles = RotaryAngles(config.rope, headSize: config.headSize)
        bounds = StepBatch.Bounds(
            vocabularySize: config.vocabularySize,
            contextTokens: config.contextTokens,
            blockTokens: memory.blockTokens,
            blockCount: memory.blockCount,
            tileRows: max(1, Self.attentionRows * config.keyValueHeadCount / config.headCount)
        )
        scratch = StepScratch(config: config, tileRows: bounds.tileRows, threads: threads)
    }

    /// Checks and takes the next step's rows; returns how many of them are wanted as logits.
    func load(_ input: ForwardInput) throws(TransformerError) -> Int {
        try batch.load(input, bounds: bounds)
        scratch.reserve(rows: batch.rows.count, wanted: batch.wanted.count, config: config)
        return batch.wanted.count
    }

    /// Where the next step puts its logits: [wanted, vocabularySize].
    func setLogits(_ logits: UnsafeMutablePointer<Float>?) { self.logits = logits }

    /// Computes one thread's part of the step that was loaded.
    func run(_ part: StepPart) {
        embed(part)
        for (index, layer) in weights.layers.enumerated() {
            norm(layer.attentionNorm, part)
            part.meet()
            multiply(layer.query, scratch.normed, to: scratch.queries, part)
            multiply(layer.key, scratch.normed, to: scratch.keys, part)
            multiply(layer.value, scratch.normed, to: scratch.values, part)
            part.meet()
            storeHeads(layer, index, part)
            part.meet()
            attend(index, part)
            part.meet()
            multiply(layer.attentionOutput, scratch.attended, to: scratch.residual, part, adding: true)
            part.meet()
            norm(layer.feedForwardNorm, part)
            part.meet()
            feedForward(layer, part)
            part.meet()
            multiply(layer.down, scratch.gate, to: scratch.residual, part, adding: true)
            part.meet()
        }
        writeLogits(part)
    }

    /// Token embeddings and rotary angles.
    private func embed(_ part: StepPart) {
        let hidden = config.hiddenSize, half = config.headSize / 2
        for index in part.rows(of: batch.rows.count) {
            let row = batch.rows[index]
            weights.embedding.copyRow(row.token, to: scratch.residual.start + index * hidden, kernels)
            angles.write(
                position: row.position,
                cosines: scratch.cosines.start + index * half,
                sines: scratch.sines.start + index * half
            )
        }
    }

    private func norm(_ weight: FloatBuffer, _ part: StepPart) {
        let hidden = config.hiddenSize
        for index in part.rows(of: batch.rows.count) {
            let from = scratch.residual.start + index * hidden, to = scratch.normed.start + index * hidden
            kernels.rms_norm(from, weight.start, hidden, config.normEpsilon, to)
        }
    }

    /// This part's output rows of a matrix, for all token rows.
    private func multiply(
        _ matrix: WeightMatrix,
        _ from: FloatBuffer,
        to: FloatBuffer,
        _ part: StepPart,
        adding: Bool = false
    ) {
        multiply(matrix, from.start, to: to.start, tokens: batch.rows.count, part, adding: adding)
    }

    /// Normalises and turns the heads of this part's rows, and puts keys and values into their blocks.
    private func storeHeads(_ layer: LayerWeights, _ index: Int, _ part: StepPart) {
        let size = config.headSize, half = size / 2
        for row in part.rows(of: batch.rows.count) {
            let cosines = scratch.cosines.start + row * half, sines = scratch.sines.start + row * half
            for head in 0..<config.headCount {
                let query = scratch.queries.start + (row * config.headCount + head) * size
                if let norm = layer.queryNorm {
                    kernels.rms_norm(query, norm.start, size, config.normEpsilon, query)
                }
                kernels.rotate(query, cosines, sines, half)
            }
            let position = batch.rows[row].position
            let block = batch.blocks[batch.rows[row].firstBlock + position / memory.blockTokens]
            let offset = memory.offset(block: block, slot: position % memory.blockTokens)
            for head in 0..<config.keyValueHeadCount {
                let start = (row * config.keyValueHeadCount + head) * size
                let key = scratch.keys.start + start, value = scratch.values.start + start
                if let norm = layer.keyNorm {
                    kernels.rms_norm(key, norm.start, size, config.normEpsilon, key)
                }
                kernels.rotate(key, cosines, sines, half)
                kernels.narrow(memory.type, key, size, memory.keys(layer: index, head: head) + offset)
                kernels.narrow(memory.type, value, size, memory.values(layer: index, head: head) + offset)
            }
        }
    }

    /// Attention of this part's share of (tile, key-value head) pairs.
    private func attend(_ layer: Int, _ part: StepPart) {
        let groups = config.keyValueHeadCount, heads = config.headCount / groups, size = config.headSize
        let stride = config.headCount * size
        batch.blocks.withUnsafeBufferPointer { blocks in
            guard let blocks = blocks.baseAddress else { return }
            for piece in part.pieces(of: batch.tiles.count * groups) {
                let tile = batch.tiles[piece / groups], group = piece % groups
                let row = batch.rows[tile.firstRow]
                let place = tile.firstRow * stride + group * heads * size
                var attention = ck_attention(
                    queries: scratch.queries.start + place,
                    out: scratch.attended.start + place,
                    keys: memory.keys(layer: layer, head: group).assumingMemoryBound(to: UInt8.self),
                    values: memory.values(layer: layer, head: group).assumingMemoryBound(to: UInt8.self),
                    blocks: blocks + row.firstBlock,
                    scratch: scratch.attention[part.index].start,
                    query_stride: stride,
                    out_stride: stride,
                    tokens: tile.rowCount,
                    heads: heads,
                    head_dim: size,
                    first_position: row.position,
                    block_tokens: memory.blockTokens,
                    block_bytes: memory.blockBytes,
                    scale: 1 / Float(size).squareRoot(),
                    dtype: memory.type
                )
                kernels.attend(&attention)
            }
        }
    }

    /// Gate and up; each part gates the numbers that it has just computed.
    private func feedForward(_ layer: LayerWeights, _ part: StepPart) {
        multiply(layer.gate, scratch.normed, to: scratch.gate, part)
        multiply(layer.up, scratch.normed, to: scratch.up, part)
        let outputs = part.outputs(of: config.feedForwardSize)
        for row in 0..<batch.rows.count {
            let start = row * config.feedForwardSize + outputs.lowerBound
            kernels.gate_silu(scratch.gate.start + start, scratch.up.start + start, outputs.count)
        }
    }

    private func writeLogits(_ part: StepPart) {
        guard let logits, !batch.wanted.isEmpty else { return }
        let hidden = config.hiddenSize
        for index in part.rows(of: batch.wanted.count) {
            let from = scratch.residual.start + batch.wanted[index] * hidden
            let to = scratch.last.start + index * hidden
            kernels.rms_norm(from, weights.lastNorm.start, hidden, config.normEpsilon, to)
        }
        part.meet()
        multiply(weights.head, scratch.last.start, to: logits, tokens: batch.wanted.count, part)
    }

    private func multiply(
        _ matrix: WeightMatrix,
        _ from: UnsafePointer<Float>,
        to: UnsafeMutablePointer<Float>,
        tokens: Int,
        _ part: StepPart,
        adding: Bool = false
    ) {
        let outputs = part.outputs(of: matrix.rows)
        let product = ck_product(
            x: from,
            y: to,
            x_stride: matrix.columns,
            y_stride: matrix.rows,
            tokens: tokens,
            first_row: outputs.lowerBound,
            last_row: outputs.upperBound,
            accumulate: adding ? 1 : 0
        )
        matrix.multiply(product, kernels)
    }
}
