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

    func run(_ work: StepWork, _ part: StepPart, reading input: FloatBuffer, to result: BlockResult) {
        widen(work, part, reading: input)
        part.meet()
        narrow(work, part, to: result)
    }

    /// Each part bends the numbers that it has just computed.
    func widen(_ work: StepWork, _ part: StepPart, reading input: FloatBuffer) {
        let scratch = work.scratch
        let rounds = bent.readsRounded || other?.readsRounded == true
        let input = work.input(input, columns: bent.columns, rounds: rounds, part)
        work.multiply(bent, input, to: scratch.gate, part)
        if let other { work.multiply(other, input, to: scratch.up, part) }
        let outputs = part.outputs(of: bent.rows)
        var activation = activation
        for row in 0..<work.batch.rows.count {
            let start = row * bent.rows + outputs.lowerBound
            let second = other == nil ? nil : UnsafePointer(scratch.up.start + start)
            work.kernels.activate(&activation, scratch.gate.start + start, second, outputs.count)
        }
    }

    func narrow(_ work: StepWork, _ part: StepPart, to result: BlockResult) {
        let input = work.input(
            work.scratch.gate,
            columns: down.columns,
            rounds: down.readsRounded,
            part
        )
        work.multiply(down, input, to: result.buffer, part, adding: result.isAdded)
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
