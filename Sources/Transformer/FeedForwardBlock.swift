internal import CKernels
internal import ModelFiles

/// Widens a token, bends it and narrows it again.
struct FeedForwardBlock {
    /// Nil where nothing is multiplied with what is bent.
    private let other: WeightMatrix?
    private let bent: WeightMatrix
    private let down: WeightMatrix
    private let activation: ck_activation

    init(_ source: WeightSource, prefix: String, config: ModelConfig) throws(ModelFileError) {
        let names = config.family.tensors, inner = config.feedForwardSize, hidden = config.hiddenSize
        let bias = config.hasFeedForwardBias
        if !config.isGated {
            bent = try source.matrix(prefix + names.up, inner, hidden, bias: bias)
            other = nil
        } else if let fused = names.gateUp {
            let parts = try source.matrices(prefix + fused, [inner, inner], hidden, bias: bias)
            (bent, other) = (parts[0], parts[1])
        } else {
            bent = try source.matrix(prefix + names.gate, inner, hidden, bias: bias)
            other = try source.matrix(prefix + names.up, inner, hidden, bias: bias)
        }
        down = try source.matrix(prefix + names.down, hidden, inner, bias: bias)
        activation = ck_activation(config.activation)
    }

    /// The expert that every token passes.
    init(_ source: WeightSource, shared: String, size: Int, config: ModelConfig) throws(ModelFileError) {
        let names = ExpertTensorNames.usual
        bent = try source.matrix(shared + names.gate, size, config.hiddenSize)
        other = try source.matrix(shared + names.up, size, config.hiddenSize)
        down = try source.matrix(shared + names.down, config.hiddenSize, size)
        activation = ck_activation(config.activation)
    }

    var readsRounded: Bool { bent.readsRounded || other?.readsRounded == true }

    func run(_ work: StepWork, _ part: StepPart, reading rows: BlockRows, to result: BlockResult) {
        var input = work.input(rows, rounds: readsRounded, part)
        run(work, part, reading: &input, to: result)
    }

    func run(_ work: StepWork, _ part: StepPart, reading input: inout PhaseInput, to result: BlockResult) {
        let gate = work.scratch.gate, pieces = work.pieces(of: bent, rounds: down.readsRounded)
        part.share(pieces.count) { widen(work, input.ready(), pieces[$0]) }
        let bent = MatrixInput(
            numbers: UnsafePointer(gate.start),
            rounded: UnsafePointer(work.scratch.bent.start),
            columns: down.columns
        )
        let outputs = work.pieces(of: down)
        part.share(outputs.count) {
            work.multiply(down, bent, to: result.buffer, outputs[$0], adding: result.isAdded)
        }
    }

    /// Some outputs, bent and made ready for the last matrix while they are in the cache.
    private func widen(_ work: StepWork, _ input: MatrixInput, _ outputs: Range<Int>) {
        let scratch = work.scratch
        work.multiply(bent, input, to: scratch.gate, outputs)
        if let other { work.multiply(other, input, to: scratch.up, outputs) }
        for row in 0..<work.batch.rows.count {
            let place = row * bent.rows + outputs.lowerBound
            work.bend(
                activation,
                scratch.gate.start + place,
                other == nil ? nil : UnsafePointer(scratch.up.start + place),
                count: outputs.count,
                rounded: down.readsRounded ? scratch.bent.at(place) : nil
            )
        }
    }
}

extension ck_activation {
    init(_ activation: Activation) {
        switch activation {
        case .silu: self.init(kind: Int32(CK_SILU), alpha: 0, limit: 0)
        case .gelu: self.init(kind: Int32(CK_GELU), alpha: 0, limit: 0)
        case .geluTanh: self.init(kind: Int32(CK_GELU_TANH), alpha: 0, limit: 0)
        case .relu: self.init(kind: Int32(CK_RELU), alpha: 0, limit: 0)
        case .reluSquared: self.init(kind: Int32(CK_RELU2), alpha: 0, limit: 0)
        case .clampedGate(let alpha, let limit):
            self.init(kind: Int32(CK_SWIGLU), alpha: alpha, limit: limit)
        }
    }
}
