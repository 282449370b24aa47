internal import CKernels
internal import ModelFiles

/// One layer of a model: attention, then feed-forward or experts, each with the norms that its family has.
struct TransformerLayer {
    private enum Inner {
        case feedForward(FeedForwardBlock)
        case experts(ExpertBlock)
    }

    private let attention: AttentionBlock
    private let attentionFrame: BlockFrame
    private let inner: Inner
    private let innerFrame: BlockFrame

    init(_ source: WeightSource, index: Int, config: ModelConfig) throws(ModelFileError) {
        let names = config.family.tensors, prefix = "\(names.layers)\(index)."
        attention = try AttentionBlock(source, prefix: prefix, index: index, config: config)
        var norms = names.attention
        if index == 0, config.norm.skipsFirst { norms.before = nil }
        attentionFrame = try BlockFrame(source, prefix: prefix, norms, config)
        innerFrame = try BlockFrame(source, prefix: prefix, names.feedForward, config)
        if let experts = config.experts, config.layers[index].hasExperts {
            inner = .experts(try ExpertBlock(source, prefix: prefix, experts, model: config))
        } else {
            inner = .feedForward(try FeedForwardBlock(source, prefix: prefix, config: config))
        }
    }

    func run(_ work: StepWork, _ part: StepPart) {
        let result = attentionFrame.result(work)
        attention.run(work, part, reading: attentionFrame.rows(work), to: result)
        attentionFrame.close(work, part)
        let rows = innerFrame.rows(work), innerResult = innerFrame.result(work)
        switch inner {
        case .feedForward(let block): block.run(work, part, reading: rows, to: innerResult)
        case .experts(let block): block.run(work, part, reading: rows, to: innerResult)
        }
        innerFrame.close(work, part)
    }
}

/// What is done with a token before a block reads it and before what the block gives is added to it.
struct BlockFrame {
    private let before: Norm?
    private let after: Norm?
    private let afterSum: Norm?
    private let scale: Float

    init(
        _ source: WeightSource,
        prefix: String,
        _ names: TensorNames.BlockNorms,
        _ config: ModelConfig
    ) throws(ModelFileError) {
        func norm(_ name: String?) throws(ModelFileError) -> Norm? {
            guard let name else { return nil }
            return try Norm(source, prefix + name, config.norm, count: config.hiddenSize)
        }
        before = try norm(names.before)
        after = try norm(names.after)
        afterSum = try norm(names.afterSum)
        scale = config.scale.residual
    }

    /// Whether nothing is done with what the block gives but adding it.
    private var onlyAdds: Bool { after == nil && afterSum == nil && scale == 1 }

    /// What the block reads.
    func rows(_ work: StepWork) -> BlockRows {
        BlockRows(
            work.scratch.residual,
            count: work.batch.rows.count,
            columns: work.hiddenSize,
            norm: before
        )
    }

    /// Where the block puts what it gives.
    func result(_ work: StepWork) -> BlockResult {
        BlockResult(buffer: onlyAdds ? work.scratch.residual : work.scratch.branch, isAdded: onlyAdds)
    }

    func close(_ work: StepWork, _ part: StepPart) {
        guard !onlyAdds else { return }
        let size = work.hiddenSize
        part.share(work.batch.rows.count) { row in
            let sum = work.scratch.residual.start + row * size,
                branch = work.scratch.branch.start + row * size
            after?.apply(branch, to: branch, work.kernels)
            work.kernels.add_scaled(sum, branch, scale, size)
            afterSum?.apply(sum, to: sum, work.kernels)
        }
    }
}
