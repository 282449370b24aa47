internal import Contract
internal import KVCache

/// Divides a step's rows and the pool's blocks among the sequences of the batch.
///
/// The batch is ordered: the more urgent lane first, then the earlier arrival. Rows go first to sequences
/// that lack one row, which is all that a running generation ever lacks, then to the others in chunks. Blocks
/// are taken as rows need them. When there are none left, the last sequence of the batch that holds any gives
/// all of its blocks back and is computed again later.
///
/// Why nothing waits for ever: the first sequence that holds blocks may take those of all others that hold
/// any, and admission made sure that the whole pool is enough for it. So it comes to its end, and then the
/// next one is first.
struct StepPlanner {
    private let rowsPerStep: Int
    private let chunkRows: Int
    private(set) var preemptionCount: UInt64 = 0
    /// Rows given to each sequence of the batch.
    private var rows: [Int] = []
    private var rowsLeft = 0

    init(rowsPerStep: Int, chunkRows: Int) {
        self.rowsPerStep = max(1, rowsPerStep)
        self.chunkRows = max(0, chunkRows)
    }

    /// Writes the sequences' block tables: afterwards they cover every row of the plan.
    mutating func plan(_ batch: inout [LiveSequence], _ pool: inout BlockPool, into plan: inout StepPlan) {
        rows.removeAll(keepingCapacity: true)
        rows.append(contentsOf: repeatElement(0, count: batch.count))
        rowsLeft = rowsPerStep
        for index in batch.indices where batch[index].remaining == 1 {
            give(1, to: index, of: &batch, &pool)
        }
        for index in batch.indices where batch[index].remaining > 1 {
            let remaining = batch[index].remaining
            give(
                chunkRows == 0 ? remaining : min(remaining, chunkRows, rowsLeft),
                to: index,
                of: &batch,
                &pool
            )
        }
        plan.shares.removeAll(keepingCapacity: true)
        for index in rows.indices where rows[index] > 0 {
            plan.shares.append(StepPlan.Share(index: index, rowCount: rows[index]))
        }
    }

    /// Blocks that a sequence of `lane` behind the first `place` ones of the batch can count on: those that
    /// are free, without what others still need, and those of less urgent lanes.
    ///
    /// Negative when others lack some themselves.
    static func room(for lane: Lane, behind place: Int, of batch: [LiveSequence], freeBlocks: Int) -> Int {
        var room = freeBlocks
        for index in batch.indices {
            if !batch[index].holdsBlocks {
                // What waits for blocks behind this place has to wait.
                if index < place { room -= batch[index].owedBlocks }
            } else if batch[index].lane > lane {
                room += batch[index].table.blocks.count
            } else {
                room -= batch[index].owedBlocks
            }
        }
        return room
    }

    private mutating func give(
        _ rowCount: Int,
        to index: Int,
        of batch: inout [LiveSequence],
        _ pool: inout BlockPool
    ) {
        guard rowsLeft > 0 else { return }
        if !batch[index].holdsBlocks {
            // Starting without room for all of it would only take blocks from those who can use them.
            let room = Self.room(for: batch[index].lane, behind: index, of: batch, freeBlocks: pool.freeCount)
            guard batch[index].owedBlocks <= room else { return }
        }
        let tokenCount = batch[index].computed + rowCount
        while pool.freeCount < batch[index].table.missingBlocks(toCover: tokenCount) {
            let victim = batch.indices.last { $0 > index && batch[$0].holdsBlocks }
            guard let victim else { return }
            preempt(victim, of: &batch, &pool)
        }
        guard (try? batch[index].table.cover(tokenCount, from: &pool)) != nil else { return }
        rows[index] = rowCount
        rowsLeft -= rowCount
    }

    private mutating func preempt(_ index: Int, of batch: inout [LiveSequence], _ pool: inout BlockPool) {
        batch[index].table.giveBack(to: &pool)
        batch[index].computed = 0
        rowsLeft += rows[index]
        rows[index] = 0
        preemptionCount += 1
    }
}
