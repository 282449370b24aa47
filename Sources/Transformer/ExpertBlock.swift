internal import CKernels
internal import Glibc
internal import ModelFiles

/// Many feed-forward blocks, of which each token passes the few that its router chooses.
///
/// Tokens are grouped by expert, so that an expert's weights are read once per step. A token's experts are
/// added up in ascending order, whoever else is in the step.
struct ExpertBlock {
    private let router: ExpertRouter
    private let experts: ExpertWeights
    private let shared: FeedForwardBlock?
    private let sharedGate: WeightMatrix?
    private let config: ExpertConfig
    private let activation: ck_activation

    init(
        _ source: WeightSource,
        prefix: String,
        _ config: ExpertConfig,
        model: ModelConfig
    ) throws(ModelFileError) {
        let names = model.expertTensors
        self.config = config
        activation = ck_activation(config.activation)
        router = try ExpertRouter(source, prefix: prefix, names, config, hiddenSize: model.hiddenSize)
        experts = try ExpertWeights(source, prefix: prefix, names, config, hiddenSize: model.hiddenSize)
        if let size = config.sharedSize {
            let name = prefix + names.blocks[0]
            shared = try FeedForwardBlock(source, shared: name + names.shared, size: size, config: model)
            sharedGate = try source.matrix(name + names.sharedGate, 1, model.hiddenSize)
        } else {
            shared = nil
            sharedGate = nil
        }
    }

    func run(_ work: StepWork, _ part: StepPart, reading input: FloatBuffer, to result: BlockResult) {
        guard let scratch = work.scratch.experts else { return }
        let count = work.batch.rows.count
        let rounds = router.scores.readsRounded || sharedGate?.readsRounded == true
        let rows = work.input(input, columns: work.hiddenSize, rounds: rounds, part)
        work.multiply(router.scores, rows, to: scratch.scores, part)
        if let sharedGate { work.multiply(sharedGate, rows, to: scratch.sharedGate, part) }
        part.meet()
        runShared(work, part, reading: input, scratch)
        for row in part.rows(of: count) { router.choose(row: row, scratch) }
        part.meet()
        if part.index == 0 { scratch.group(rows: count) }
        part.meet()
        gather(work, part, input, scratch)
        part.meet()
        widen(work, part, scratch)
        part.meet()
        let bent = slots(scratch.gate, columns: config.size, for: experts.down, work, part)
        for expert in 0..<config.count {
            multiply(experts.down[expert], expert, bent, scratch.output, work, part)
        }
        part.meet()
        for row in part.rows(of: count) { combine(row, work, scratch, to: result) }
    }

    /// The expert that every token passes, whole, so that its rounded rows are free for the others.
    private func runShared(
        _ work: StepWork,
        _ part: StepPart,
        reading input: FloatBuffer,
        _ scratch: ExpertScratch
    ) {
        guard let shared else { return }
        shared.run(work, part, reading: input, to: BlockResult(buffer: scratch.shared, isAdded: false))
        part.meet()
    }

    /// Makes the slots ready to be multiplied with; an expert's matrices are all stored alike.
    private func slots(
        _ from: FloatBuffer,
        columns: Int,
        for matrices: [WeightMatrix],
        _ work: StepWork,
        _ part: StepPart
    ) -> MatrixInput {
        let rounds = matrices.first?.readsRounded == true
        let count = work.scratch.experts?.starts[config.count] ?? 0
        return work.input(from.start, rows: count, columns: columns, rounds: rounds, part)
    }

    /// Puts the tokens of each expert one behind the other.
    private func gather(_ work: StepWork, _ part: StepPart, _ input: FloatBuffer, _ scratch: ExpertScratch) {
        let size = work.hiddenSize
        for slot in part.rows(of: scratch.starts[config.count]) {
            (scratch.input.start + slot * size).update(
                from: input.start + Int(scratch.rowOfSlot[slot]) * size,
                count: size
            )
        }
    }

    private func widen(_ work: StepWork, _ part: StepPart, _ scratch: ExpertScratch) {
        switch experts.inner {
        case .apart(let gate, let up):
            let input = slots(scratch.input, columns: work.hiddenSize, for: gate, work, part)
            for expert in 0..<config.count {
                multiply(gate[expert], expert, input, scratch.gate, work, part)
                multiply(up[expert], expert, input, scratch.up, work, part)
            }
            activate(part.outputs(of: config.size), work, scratch)
        case .alternating(let pairs):
            let input = slots(scratch.input, columns: work.hiddenSize, for: pairs, work, part)
            for expert in 0..<config.count {
                multiply(pairs[expert], expert, input, scratch.pairs, work, part)
            }
            let outputs = part.outputs(of: config.size * 2)
            separate(outputs.lowerBound / 2..<outputs.upperBound / 2, scratch)
            activate(outputs.lowerBound / 2..<outputs.upperBound / 2, work, scratch)
        }
    }

    /// Rows of the pairs are dealt out in even stretches, so that a pair stays with one part.
    private func separate(_ outputs: Range<Int>, _ scratch: ExpertScratch) {
        for slot in 0..<scratch.starts[config.count] {
            let from = scratch.pairs.start + slot * config.size * 2
            let gate = scratch.gate.start + slot * config.size, up = scratch.up.start + slot * config.size
            for output in outputs {
                gate[output] = from[output * 2]
                up[output] = from[output * 2 + 1]
            }
        }
    }

    private func activate(_ outputs: Range<Int>, _ work: StepWork, _ scratch: ExpertScratch) {
        var activation = activation
        for slot in 0..<scratch.starts[config.count] {
            let start = slot * config.size + outputs.lowerBound
            work.kernels.activate(
                &activation,
                scratch.gate.start + start,
                scratch.up.start + start,
                outputs.count
            )
        }
    }

    /// This part's output rows of one expert, for its tokens.
    private func multiply(
        _ matrix: WeightMatrix,
        _ expert: Int,
        _ input: MatrixInput,
        _ to: FloatBuffer,
        _ work: StepWork,
        _ part: StepPart
    ) {
        let first = scratchStart(work, expert), end = scratchStart(work, expert + 1)
        guard first < end else { return }
        work.multiply(
            matrix,
            input.from(row: first),
            to: to.start + first * matrix.rows,
            tokens: end - first,
            part
        )
    }

    private func scratchStart(_ work: StepWork, _ expert: Int) -> Int {
        work.scratch.experts?.starts[expert] ?? 0
    }

    private func combine(_ row: Int, _ work: StepWork, _ scratch: ExpertScratch, to result: BlockResult) {
        let size = work.hiddenSize
        let sum = result.buffer.start + row * size
        if !result.isAdded { sum.update(repeating: 0, count: size) }
        for index in row * config.perToken..<(row + 1) * config.perToken {
            let output = scratch.output.start + Int(scratch.slots[index]) * size
            work.kernels.add_scaled(sum, output, scratch.weights.start[index], size)
        }
        guard shared != nil else { return }
        let weight = 1 / (1 + exp(-scratch.sharedGate.start[row]))
        work.kernels.add_scaled(sum, scratch.shared.start + row * size, weight, size)
    }
}
