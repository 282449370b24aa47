internal import CKernels
internal import ModelFiles

/// One step through all layers, run by all threads of a model at once.
final class ForwardPass: @unchecked Sendable {
    // Unchecked because `work` and `result` are set between two steps, by the one thread that then starts the
    // step; while it runs they are only read, apart from the numbers behind the pointers, of which each
    // thread writes its own.

    /// Query rows of one key-value head that are computed together; their running sums stay in the cache.
    private static let attentionRows = 96

    /// What a step gives for each wanted row.
    enum Result {
        case logits(UnsafeMutablePointer<Float>)  // [wanted, vocabularySize]
        /// What the head would read.
        case hiddenStates(UnsafeMutablePointer<Float>)  // [wanted, hiddenSize]
    }

    let config: ModelConfig
    private let bounds: StepBatch.Bounds
    private let work: StepWork
    private let embedding: EmbeddingTable
    private let layers: [TransformerLayer]
    private let lastNorm: Norm?
    private let head: OutputHead?
    private let angles: [RotaryAngles]
    private var result: Result?

    /// Without memory for keys and values each sequence begins and ends within a step.
    init(
        config: ModelConfig,
        source: WeightSource,
        memory: KVMemory?,
        threads: Int,
        hasHead: Bool
    ) throws(ModelFileError) {
        self.config = config
        embedding = try EmbeddingTable(source, config: config)
        var layers: [TransformerLayer] = []
        for index in config.layers.indices {
            layers.append(try TransformerLayer(source, index: index, config: config))
        }
        self.layers = layers
        lastNorm = try config.family.tensors.lastNorm.map { (name) throws(ModelFileError) in
            try Norm(source, name, config.norm, count: config.hiddenSize)
        }
        head = hasHead ? try OutputHead(source, tied: embedding.tokens, config: config) : nil
        angles = config.ropes.map { RotaryAngles($0) }
        let attention = config.attention
        bounds = StepBatch.Bounds(
            vocabularySize: config.vocabularySize,
            contextTokens: config.contextTokens,
            blocks: memory.map { StepBatch.BlockBounds(tokens: $0.blockTokens, count: $0.blockCount) },
            tokenTypeCount: config.tokenTypeCount,
            tileRows: max(1, Self.attentionRows * attention.keyValueHeadCount / attention.headCount)
        )
        work = StepWork(
            config: config,
            memory: memory,
            kernels: source.kernels,
            tileRows: bounds.tileRows,
            threads: threads
        )
    }

    /// Checks and takes the next step's rows; returns how many of them are wanted.
    func load(_ input: ForwardInput) throws(TransformerError) -> Int {
        try work.load(input, bounds: bounds)
        return work.batch.wanted.count
    }

    /// Where the next step puts what is wanted of it.
    func setResult(_ result: Result?) { self.result = result }

    /// Names the frequencies of a text of `known` tokens; a model has at most one rope that has several.
    func frequencySet(known: Int) -> Int {
        angles.reduce(0) { max($0, $1.frequencySet(length: known)) }
    }

    /// Computes one thread's part of the step that was loaded.
    func run(_ part: StepPart) {
        part.share(work.batch.rows.count) {
            embedding.run(work, row: $0)
            writeAngles(row: $0)
        }
        for layer in layers { layer.run(work, part) }
        writeResult(part)
    }

    private func writeAngles(row: Int) {
        let place = work.batch.rows[row]
        for (index, angles) in angles.enumerated() {
            angles.write(
                position: place.position,
                length: place.known,
                cosines: work.scratch.cosines[index].start + row * angles.pairCount,
                sines: work.scratch.sines[index].start + row * angles.pairCount
            )
        }
    }

    private func writeResult(_ part: StepPart) {
        guard let result else { return }
        let size = config.hiddenSize
        var target = work.scratch.last.start
        if case .hiddenStates(let states) = result { target = states }
        part.share(work.batch.wanted.count) { index in
            let from = work.scratch.residual.start + work.batch.wanted[index] * size
            if let lastNorm {
                lastNorm.apply(from, to: target + index * size, work.kernels)
            } else {
                (target + index * size).update(from: from, count: size)
            }
        }
        if case .logits(let logits) = result { head?.run(work, part, to: logits) }
    }
}
