internal import CKernels
internal import Glibc
internal import ModelFiles

/// Many feed-forward blocks, of which each token passes the few that its router chooses.
///
/// Tokens are grouped by expert, so that an expert's weights are read once per step. A token's experts are
/// added up in ascending order, whoever else is in the step.
struct ExpertBlock {
    private static let columnsPerPiece = 1024

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

    func run(_ work: StepWork, _ part: StepPart, reading rows: BlockRows, to result: BlockResult) {
        guard let scratch = work.scratch.experts else { return }
        var input = work.input(rows, rounds: readsRounded, part)
        score(work, part, &input, scratch)
        let sharedResult = BlockResult(buffer: scratch.shared, isAdded: false)
        shared?.run(work, part, reading: &input, to: sharedResult)
        choose(part, scratch, rowCount: rows.count)
        gather(part, &input, scratch, slotCount: rows.count * config.perToken)
        widen(work, part, scratch)
        narrow(work, part, scratch)
        combine(work, part, scratch, to: result)
    }

    private var readsRounded: Bool {
        router.scores.readsRounded || sharedGate?.readsRounded == true || shared?.readsRounded == true
            || experts.readsRounded
    }

    private func score(
        _ work: StepWork,
        _ part: StepPart,
        _ input: inout PhaseInput,
        _ scratch: ExpertScratch
    ) {
        let pieces = work.pieces(of: router.scores)
        part.share(pieces.count + (sharedGate == nil ? 0 : 1)) { piece in
            if piece < pieces.count {
                work.multiply(router.scores, input.ready(), to: scratch.scores, pieces[piece])
            } else if let sharedGate {
                work.multiply(sharedGate, input.ready(), to: scratch.sharedGate, 0..<1)
            }
        }
    }

    private func choose(_ part: StepPart, _ scratch: ExpertScratch, rowCount: Int) {
        // Few rows are chosen for by whoever groups them.
        let isOnePiece = rowCount <= OwnScratch.rows
        if !isOnePiece { part.share(rowCount) { router.choose(row: $0, scratch) } }
        part.share(1) { _ in
            if isOnePiece { for row in 0..<rowCount { router.choose(row: row, scratch) } }
            scratch.group(rows: rowCount)
        }
    }

    /// Puts the tokens of each expert one behind the other.
    private func gather(
        _ part: StepPart,
        _ input: inout PhaseInput,
        _ scratch: ExpertScratch,
        slotCount: Int
    ) {
        part.share(slotCount) { slot in
            let row = input.ready().from(row: Int(scratch.rowOfSlot[slot])), columns = row.columns
            if experts.readsRounded, let rounded = row.rounded {
                let to = scratch.rounded.at(slot * columns)
                to.update(from: rounded, count: columns / Int(CK_ROUNDED_NUMBERS))
            }
            if experts.readsNumbers {
                (scratch.input.start + slot * columns).update(from: row.numbers, count: columns)
            }
        }
    }

    private func widen(_ work: StepWork, _ part: StepPart, _ scratch: ExpertScratch) {
        let input = MatrixInput(
            numbers: UnsafePointer(scratch.input.start),
            rounded: UnsafePointer(scratch.rounded.start),
            columns: work.hiddenSize
        )
        switch experts.inner {
        case .apart(let gate, let up):
            shareExperts(gate, work, part, scratch, of: pieces(of: gate, isPairs: false, work)) {
                multiply(gate[$0], $0, input, scratch.gate, $1, work, scratch)
                multiply(up[$0], $0, input, scratch.up, $1, work, scratch)
                bend($0, $1, work, scratch)
            }
        case .alternating(let pairs):
            shareExperts(pairs, work, part, scratch, of: pieces(of: pairs, isPairs: true, work)) {
                multiply(pairs[$0], $0, input, scratch.pairs, $1, work, scratch)
                let outputs = $1.lowerBound / 2..<$1.upperBound / 2
                separate($0, outputs, scratch)
                bend($0, outputs, work, scratch)
            }
        }
    }

    private func narrow(_ work: StepWork, _ part: StepPart, _ scratch: ExpertScratch) {
        let input = MatrixInput(
            numbers: UnsafePointer(scratch.gate.start),
            rounded: UnsafePointer(scratch.bent.start),
            columns: config.size
        )
        shareExperts(experts.down, work, part, scratch, of: work.pieces(of: experts.down[0])) {
            multiply(experts.down[$0], $0, input, scratch.output, $1, work, scratch)
        }
    }

    /// How the outputs of each of the experts that widen are shared out.
    ///
    /// Pairs are cut in such a way that both of a pair are in one piece.
    private func pieces(of matrices: [WeightMatrix], isPairs: Bool, _ work: StepWork) -> OutputPieces {
        let unit = matrices[0].outputUnit(rounds: experts.downReadsRounded) * (isPairs ? 2 : 1)
        return OutputPieces(matrices[0].rows, unit: unit, threads: work.scratch.own.count)
    }

    /// Shares out the outputs of all experts that have tokens.
    ///
    /// As many as there could be: how many there are is not for all threads to read here.
    private func shareExperts(
        _ matrices: [WeightMatrix],
        _ work: StepWork,
        _ part: StepPart,
        _ scratch: ExpertScratch,
        of pieces: OutputPieces,
        _ body: (_ expert: Int, _ outputs: Range<Int>) -> Void
    ) {
        let limit = min(matrices.count, work.batch.rows.count * config.perToken)
        part.share(limit * pieces.count) { piece in
            let expert = scratch.busy[piece / pieces.count]
            if expert >= 0 { body(expert, pieces[piece % pieces.count]) }
        }
    }

    private func separate(_ expert: Int, _ outputs: Range<Int>, _ scratch: ExpertScratch) {
        for slot in scratch.starts[expert]..<scratch.starts[expert + 1] {
            let from = scratch.pairs.start + slot * config.size * 2
            let gate = scratch.gate.start + slot * config.size, up = scratch.up.start + slot * config.size
            for output in outputs {
                gate[output] = from[output * 2]
                up[output] = from[output * 2 + 1]
            }
        }
    }

    private func bend(_ expert: Int, _ outputs: Range<Int>, _ work: StepWork, _ scratch: ExpertScratch) {
        for slot in scratch.starts[expert]..<scratch.starts[expert + 1] {
            let place = slot * config.size + outputs.lowerBound
            work.bend(
                activation,
                scratch.gate.start + place,
                UnsafePointer(scratch.up.start + place),
                count: outputs.count,
                rounded: experts.downReadsRounded ? scratch.bent.at(place) : nil
            )
        }
    }

    /// Some outputs of one expert, for its tokens.
    private func multiply(
        _ matrix: WeightMatrix,
        _ expert: Int,
        _ input: MatrixInput,
        _ to: FloatBuffer,
        _ outputs: Range<Int>,
        _ work: StepWork,
        _ scratch: ExpertScratch
    ) {
        let first = scratch.starts[expert], end = scratch.starts[expert + 1]
        matrix.multiply(
            input.from(row: first),
            tokens: end - first,
            to: to.start + first * matrix.rows,
            outputs: outputs,
            adding: false,
            work.kernels
        )
    }

    /// Adds up what the experts of each row gave; a piece is some columns of one row.
    private func combine(_ work: StepWork, _ part: StepPart, _ scratch: ExpertScratch, to result: BlockResult)
    {
        let columns = OutputPieces(work.hiddenSize, unit: Self.columnsPerPiece, threads: part.count)
        part.share(work.batch.rows.count * columns.count) { piece in
            let row = piece / columns.count, some = columns[piece % columns.count]
            let place = row * work.hiddenSize + some.lowerBound, sum = result.buffer.start + place
            if !result.isAdded { sum.update(repeating: 0, count: some.count) }
            for index in row * config.perToken..<(row + 1) * config.perToken {
                let from = Int(scratch.slots[index]) * work.hiddenSize + some.lowerBound
                let output = scratch.output.start + from
                work.kernels.add_scaled(sum, output, scratch.weights.start[index], some.count)
            }
            guard shared != nil else { return }
            let weight = 1 / (1 + exp(-scratch.sharedGate.start[row]))
            work.kernels.add_scaled(sum, scratch.shared.start + place, weight, some.count)
        }
    }
}
