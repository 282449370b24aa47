internal import CKernels
internal import ModelFiles

/// Lets each token look at those that it may see.
struct AttentionBlock {
    private let query: WeightMatrix
    private let key: WeightMatrix
    private let value: WeightMatrix
    private let output: WeightMatrix
    private let queryNorm: HeadNormWeights?
    private let keyNorm: HeadNormWeights?
    private let sinks: FloatBuffer?  // [heads]
    private let config: AttentionConfig
    private let layer: LayerConfig
    private let layerIndex: Int
    private let rotation: Rotation?

    /// How heads are turned.
    private struct Rotation {
        var rope: Int
        var pairCount: Int
        var pairsNeighbours: Bool
    }

    init(_ source: WeightSource, prefix: String, index: Int, config: ModelConfig) throws(ModelFileError) {
        let names = config.family.tensors, attention = config.attention, hidden = config.hiddenSize
        self.config = attention
        layer = config.layers[index]
        layerIndex = index
        rotation = layer.rope.map {
            Rotation(
                rope: $0,
                pairCount: config.ropes[$0].pairCount,
                pairsNeighbours: config.pairsNeighbours
            )
        }
        let sizes = [attention.querySize, attention.keySize, attention.keySize]
        if let fused = names.queryKeyValue, source.contains("\(prefix)\(fused).weight") {
            let parts = try source.matrices(prefix + fused, sizes, hidden, bias: attention.hasInputBias)
            (query, key, value) = (parts[0], parts[1], parts[2])
        } else {
            query = try source.matrix(prefix + names.query, sizes[0], hidden, bias: attention.hasInputBias)
            key = try source.matrix(prefix + names.key, sizes[1], hidden, bias: attention.hasInputBias)
            value = try source.matrix(prefix + names.value, sizes[2], hidden, bias: attention.hasInputBias)
        }
        output = try source.matrix(
            prefix + names.attentionOutput,
            hidden,
            attention.querySize,
            bias: attention.hasOutputBias
        )
        queryNorm = try HeadNormWeights(
            source,
            prefix + names.queryNorm,
            config.norm,
            heads: attention.headCount,
            headSize: attention.headSize
        )
        keyNorm = try HeadNormWeights(
            source,
            prefix + names.keyNorm,
            config.norm,
            heads: attention.keyValueHeadCount,
            headSize: attention.headSize
        )
        sinks = attention.hasSinks ? try source.vector(prefix + names.sinks, attention.headCount) : nil
    }

    func run(_ work: StepWork, _ part: StepPart, reading rows: BlockRows, to result: BlockResult) {
        let rounds = query.readsRounded || key.readsRounded || value.readsRounded
        var input = work.input(rows, rounds: rounds, part)
        let queries = work.pieces(of: query), keys = work.pieces(of: key), values = work.pieces(of: value)
        part.share(queries.count + keys.count + values.count) { piece in
            let rows = input.ready(), piece = piece - queries.count
            if piece < 0 {
                let outputs = queries[piece + queries.count]
                work.multiply(query, rows, to: work.scratch.queries, outputs)
            } else if piece < keys.count {
                work.multiply(key, rows, to: work.scratch.keys, keys[piece])
            } else {
                work.multiply(value, rows, to: work.scratch.values, values[piece - keys.count])
            }
        }
        finishHeads(work, part)
        attend(work, part)
        let attended = BlockRows(work.scratch.attended, count: work.batch.rows.count, columns: output.columns)
        var last = work.input(attended, rounds: output.readsRounded, part)
        let outputs = work.pieces(of: output)
        part.share(outputs.count) {
            work.multiply(output, last.ready(), to: result.buffer, outputs[$0], adding: result.isAdded)
        }
    }

    /// Normalises and turns the heads of the rows, and puts keys and values into their blocks.
    private func finishHeads(_ work: StepWork, _ part: StepPart) {
        let scratch = work.scratch
        part.share(work.batch.rows.count) { row in
            let queries = scratch.queries.start + row * config.querySize
            let keys = scratch.keys.start + row * config.keySize
            let values = scratch.values.start + row * config.keySize
            queryNorm?.apply(queries, heads: config.headCount, work.kernels)
            keyNorm?.apply(keys, heads: config.keyValueHeadCount, work.kernels)
            if let clip = config.clip {
                for (start, count) in [
                    (queries, config.querySize), (keys, config.keySize), (values, config.keySize),
                ] {
                    for index in 0..<count { start[index] = min(max(start[index], -clip), clip) }
                }
            }
            if let rotation {
                rotate(queries, heads: config.headCount, row: row, rotation, work)
                rotate(keys, heads: config.keyValueHeadCount, row: row, rotation, work)
            }
            if let memory = work.memory { store(keys, values, row: row, in: memory, work) }
        }
    }

    private func rotate(
        _ heads: UnsafeMutablePointer<Float>,
        heads count: Int,
        row: Int,
        _ rotation: Rotation,
        _ work: StepWork
    ) {
        let pairs = rotation.pairCount
        let cosines = work.scratch.cosines[rotation.rope].start + row * pairs
        let sines = work.scratch.sines[rotation.rope].start + row * pairs
        for head in 0..<count {
            let start = heads + head * config.headSize
            if rotation.pairsNeighbours {
                work.kernels.rotate_pairs(start, cosines, sines, pairs)
            } else {
                work.kernels.rotate(start, cosines, sines, pairs)
            }
        }
    }

    private func store(
        _ keys: UnsafePointer<Float>,
        _ values: UnsafePointer<Float>,
        row: Int,
        in memory: KVMemory,
        _ work: StepWork
    ) {
        let place = work.batch.rows[row], size = config.headSize
        let firstBlock = work.batch.spans[place.span].firstBlock
        let block = work.batch.blocks[firstBlock + place.position / memory.blockTokens]
        let offset = Int(block) * memory.blockBytes
        for head in 0..<config.keyValueHeadCount {
            var entry = ck_kv_entry(
                key: keys + head * size,
                value: values + head * size,
                keys: memory.keys(layer: layerIndex, head: head) + offset,
                values: memory.values(layer: layerIndex, head: head) + offset,
                head_dim: size,
                block_tokens: memory.blockTokens,
                slot: place.position % memory.blockTokens,
                kind: memory.kind
            )
            work.kernels.keep(&entry)
        }
    }

    /// A piece is a tile and a key-value head; the last ones cost most and go first.
    private func attend(_ work: StepWork, _ part: StepPart) {
        let groups = config.keyValueHeadCount
        work.batch.blocks.withUnsafeBufferPointer { blocks in
            guard let blocks = blocks.baseAddress else { return }
            part.share(work.batch.tiles.count * groups) { piece in
                let piece = work.batch.tiles.count * groups - 1 - piece
                let tile = work.batch.tiles[piece / groups], group = piece % groups
                let span = work.batch.spans[work.batch.rows[tile.firstRow].span]
                let view = work.keyValues(
                    of: span,
                    layer: layerIndex,
                    head: group,
                    blocks: blocks,
                    config
                )
                attend(
                    tile,
                    span,
                    group: group,
                    view,
                    work,
                    scratch: work.scratch.own[part.index].attention.start
                )
            }
        }
    }

    private func attend(
        _ tile: StepBatch.Tile,
        _ span: StepBatch.Span,
        group: Int,
        _ view: KeyValueView,
        _ work: StepWork,
        scratch: UnsafeMutablePointer<Float>
    ) {
        let heads = config.headCount / config.keyValueHeadCount
        let place = tile.firstRow * config.querySize + group * heads * config.headSize
        let position = work.batch.rows[tile.firstRow].position
        let lastRow = span.firstRow + span.rowCount - 1
        var attention = ck_attention(
            queries: work.scratch.queries.start + place,
            out: work.scratch.attended.start + place,
            keys: view.keys,
            values: view.values,
            blocks: view.blocks,
            sinks: sinks.map { UnsafePointer($0.start + group * heads) },
            scratch: scratch,
            query_stride: config.querySize,
            out_stride: config.querySize,
            tokens: tile.rowCount,
            heads: heads,
            head_dim: config.headSize,
            first_position: position,
            positions: work.batch.rows[lastRow].position + 1,
            behind: layer.reach ?? .max,
            ahead: work.isCausal ? 0 : layer.reach ?? .max,
            block_tokens: view.blockTokens,
            block_bytes: view.blockBytes,
            scale: config.scale,
            soft_cap: config.softCap ?? 0,
            kind: view.kind
        )
        work.kernels.attend(&attention)
    }
}
