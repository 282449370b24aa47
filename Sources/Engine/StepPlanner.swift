internal import Contract
internal import KVCache
internal import Transformer

/// Divides a step's rows and the pool's blocks among the sequences of the batch.
///
/// The batch is ordered: the more urgent lane first, then the earlier arrival. Rows go first to sequences
/// that lack one row, which is all that a running generation ever lacks, then to the others in chunks, as
/// many as the pacer allows. Blocks are taken as rows need them. When there are none left, the last sequence
/// of the batch that holds any gives all of its blocks back, those that stand aside first, and takes up again
/// later what the pool still knows of them.
///
/// Prompts are computed one after the other, so that the first of them is not kept waiting for the last. The
/// shorter go first in a lane, but who was passed by as many rows of later prompts as it has itself waits for
/// no more of them.
///
/// Before rows are given to a prompt, it takes what the pool knows of it, also what others have computed
/// since the last step. A prompt whose next block is being computed for another one in the same step gets no
/// rows: it takes the block in the next step. When that other one ends or loses its blocks, nobody computes
/// the block any more, and so the prompt does it itself.
///
/// Why nothing waits for ever: the first sequence that holds blocks may take those of all others that hold
/// any, and admission made sure that the whole pool is enough for it. So it comes to its end, and then the
/// next one is first. What a transfer to or from the tier holds nobody may take, but each of them ends.
struct StepPlanner {
    private let rowsPerStep: Int
    private let chunkRows: Int
    /// Rows of prompts whose logits are all wanted, in one step.
    private let scoredRowsPerStep: Int
    private(set) var preemptionCount: UInt64 = 0
    /// Tokens that sequences found in blocks before they got their rows.
    private(set) var reusedTokenCount: UInt64 = 0
    /// Rows given to each sequence of the batch.
    private var rows: [Int] = []
    private var rowsLeft = 0
    /// Prompts in the order in which they get rows, and how many they may still get.
    private var prompts: [Int] = []
    private var promptRowsLeft = 0
    private var scoredRowsLeft = 0
    /// Those of them that get some.
    private var leaders: [Int] = []

    init(_ limits: EngineLimits, vocabularySize: Int) {
        rowsPerStep = max(1, limits.rowsPerStep)
        chunkRows = max(0, limits.chunkRows)
        scoredRowsPerStep = max(1, limits.scoredBytes / max(1, vocabularySize * MemoryLayout<Float>.size))
    }

    /// Writes the sequences' block tables: afterwards they cover every row of the plan.
    mutating func plan(
        _ batch: inout [LiveSequence],
        _ pool: inout BlockPool,
        _ model: any LanguageModel,
        pacer: StepPacer,
        into plan: inout StepPlan
    ) {
        plan.clear()
        rows.removeAll(keepingCapacity: true)
        rows.append(contentsOf: repeatElement(0, count: batch.count))
        rowsLeft = rowsPerStep
        promptRowsLeft = .max
        scoredRowsLeft = scoredRowsPerStep
        leaders.removeAll(keepingCapacity: true)
        for index in batch.indices where batch[index].remaining == 1 {
            give(to: index, of: &batch, &pool, model)
        }
        orderPrompts(of: batch)
        let streams = size(of: batch)
        if streams.rows > 0, let first = prompts.first {
            let rows = pacer.promptRows(
                beside: streams,
                computed: batch[first].computed,
                isScored: batch[first].isScoring,
                waiting: prompts.count
            )
            promptRowsLeft = rows ?? .max
        }
        for index in prompts {
            give(to: index, of: &batch, &pool, model)
            if rows[index] > 0 { leaders.append(index) }
        }
        for index in rows.indices where rows[index] > 0 {
            var share = StepPlan.Share(index: index, rowCount: rows[index])
            share.isScored = batch[index].wantsRows
            plan.shares.append(share)
        }
        plan.size = size(of: batch)
        countPassing(in: &batch)
    }

    private mutating func orderPrompts(of batch: [LiveSequence]) {
        prompts.removeAll(keepingCapacity: true)
        for index in batch.indices where batch[index].remaining > 1 && batch[index].fetch == nil {
            if !batch[index].isPaused { prompts.append(index) }
        }
        prompts.sort {
            (batch[$0].lane, batch[$0].queueLength, batch[$0].arrival)
                < (batch[$1].lane, batch[$1].queueLength, batch[$1].arrival)
        }
    }

    /// Counts for each prompt the rows that later ones got before it.
    private func countPassing(in batch: inout [LiveSequence]) {
        for index in prompts {
            for other in prompts where rows[other] > 0 && batch[other].arrival > batch[index].arrival {
                batch[index].passedRows += rows[other]
            }
        }
    }

    private func size(of batch: [LiveSequence]) -> StepSize {
        var size = StepSize()
        for index in rows.indices where rows[index] > 0 {
            let (computed, remaining) = (batch[index].computed, batch[index].remaining)
            if remaining == 1 {
                size.addStream(computed: computed)
            } else {
                let wanted = batch[index].wantsRows ? rows[index] : remaining == rows[index] ? 1 : 0
                size.addPrompt(rows[index], computed: computed, wanted: wanted)
            }
        }
        return size
    }

    /// Takes the blocks that the pool knows of a sequence that holds none, if there is room for the others
    /// that it needs; otherwise it says no, and the sequence holds none still.
    ///
    /// Starting without room for all of it would only take blocks from those who can use them.
    static func start(_ index: Int, of batch: inout [LiveSequence], _ pool: inout BlockPool) -> Bool {
        guard room(for: index, of: batch, availableBlocks: pool.availableCount) >= 0 else { return false }
        batch[index].adopt(from: &pool)
        let room = room(for: index, of: batch, availableBlocks: pool.availableCount)
        if batch[index].owedBlocks <= room { return true }
        batch[index].giveBack(to: &pool)
        return false
    }

    /// Blocks that a sequence can count on besides those it holds: those that are free or cached, without
    /// what others still need, and those of less urgent lanes.
    ///
    /// Negative when others lack some themselves.
    private static func room(for place: Int, of batch: [LiveSequence], availableBlocks: Int) -> Int {
        var room = availableBlocks
        for index in batch.indices where index != place {
            if batch[index].isPaused {
                room += batch[index].table.blocks.count
            } else if !batch[index].holdsBlocks {
                // What waits for blocks behind this place has to wait.
                if index < place { room -= batch[index].owedBlocks }
            } else if batch[index].lane > batch[place].lane {
                room += batch[index].table.blocks.count
            } else {
                room -= batch[index].owedBlocks
            }
        }
        return room
    }

    private mutating func give(
        to index: Int,
        of batch: inout [LiveSequence],
        _ pool: inout BlockPool,
        _ model: any LanguageModel
    ) {
        guard rowsLeft > 0, promptRowsLeft > 0, batch[index].fetch == nil, !batch[index].isPaused else {
            return
        }
        if batch[index].holdsBlocks {
            batch[index].adopt(from: &pool)
        } else {
            guard Self.start(index, of: &batch, &pool) else { return }
        }
        if pool.sharesPrefixes, leaders.contains(where: { batch[index].follows(batch[$0]) }) { return }
        batch[index].copyTail(from: &pool, in: model)
        let remaining = batch[index].remaining
        let chunk = chunkRows == 0 ? remaining : min(remaining, chunkRows, rowsLeft)
        let wanted = min(batch[index].rowsAlike, scoredRowsLeft(of: batch[index]))
        let rowCount = min(chunk, promptRowsLeft, wanted)
        guard rowCount > 0 else { return }
        let tokenCount = batch[index].computed + rowCount
        while pool.availableCount < batch[index].table.missingBlocks(toCover: tokenCount) {
            let paused = batch.indices.last { batch[$0].isPaused && batch[$0].holdsBlocks }
            let victim = paused ?? batch.indices.last { $0 > index && batch[$0].holdsBlocks }
            guard let victim else { return }
            preempt(victim, of: &batch, &pool)
        }
        guard (try? batch[index].table.cover(tokenCount, from: &pool)) != nil else { return }
        rows[index] = rowCount
        rowsLeft -= rowCount
        if batch[index].wantsRows { scoredRowsLeft -= rowCount }
        reusedTokenCount += UInt64(batch[index].adopted)
        batch[index].adopted = 0
        guard rowCount > 1 || remaining > 1 else { return }
        if promptRowsLeft < .max { promptRowsLeft -= rowCount }
        // What has caught up hears its next token sooner if the step ends here.
        if rowCount == remaining, rowCount >= StepPacer.worthwhileRows { promptRowsLeft = 0 }
    }

    private func scoredRowsLeft(of sequence: LiveSequence) -> Int {
        sequence.wantsRows ? scoredRowsLeft : .max
    }

    private mutating func preempt(_ index: Int, of batch: inout [LiveSequence], _ pool: inout BlockPool) {
        if batch[index].wantsRows { scoredRowsLeft += rows[index] }
        batch[index].giveBack(to: &pool)
        rowsLeft += rows[index]
        rows[index] = 0
        preemptionCount += 1
    }
}
