import Contract
import KVCache
import Testing

@testable import Engine

@Suite struct `A step planner` {
    private func sequence(
        _ arrival: UInt64,
        known: Int,
        computed: Int = 0,
        lane: Lane = .normal
    ) -> LiveSequence {
        let frame = EngineFrame(
            endTokens: [],
            tokenLimit: 1000,
            contextTokens: 1000,
            blockTokens: 4,
            vocabularySize: 257
        )
        var sequence = LiveSequence(
            request(Int(arrival), promptCount: known) { $0.lane = lane },
            arrival: arrival,
            frame: frame
        )
        sequence.computed = computed
        return sequence
    }

    /// The shares of one step as "index:rows".
    private func shares(
        _ batch: inout [LiveSequence],
        rows: Int,
        chunk: Int,
        blocks: Int
    ) throws -> [String] {
        var pool = BlockPool(count: blocks, blockTokens: 4, sharesPrefixes: false)
        for index in batch.indices { try batch[index].table.cover(batch[index].computed, from: &pool) }
        var limits = EngineLimits()
        (limits.rowsPerStep, limits.chunkRows) = (rows, chunk)
        var planner = StepPlanner(limits, vocabularySize: 1)
        var plan = StepPlan()
        planner.plan(&batch, &pool, ScriptedModel(), pacer: StepPacer(PaceLimits()), into: &plan)
        for share in plan.shares {
            let sequence = batch[share.index]
            #expect(sequence.table.capacityTokens >= sequence.computed + share.rowCount)
        }
        return plan.shares.map { "\($0.index):\($0.rowCount)" }
    }

    @Test func `gives every running sequence its next token before any prompt gets rows`() throws {
        var batch = [
            sequence(0, known: 20), sequence(1, known: 9, computed: 8), sequence(2, known: 5, computed: 4),
        ]
        #expect(try shares(&batch, rows: 6, chunk: 16, blocks: 99) == ["0:4", "1:1", "2:1"])
        #expect(try shares(&batch, rows: 2, chunk: 16, blocks: 99) == ["1:1", "2:1"])
    }

    @Test func `fills the rest with chunks, in the order of the batch`() throws {
        var batch = [sequence(0, known: 20), sequence(1, known: 20), sequence(2, known: 20)]
        #expect(try shares(&batch, rows: 30, chunk: 12, blocks: 99) == ["0:12", "1:12", "2:6"])
    }

    @Test func `gives a prompt all its rows at once when chunks are off`() throws {
        var batch = [sequence(0, known: 20), sequence(1, known: 20)]
        #expect(try shares(&batch, rows: 8, chunk: 0, blocks: 99) == ["0:20"])
    }

    @Test func `takes the blocks of the last sequence for the first, and its rows too`() throws {
        var batch = [sequence(0, known: 9, computed: 8), sequence(1, known: 9, computed: 8, lane: .low)]
        #expect(try shares(&batch, rows: 8, chunk: 8, blocks: 4) == ["0:1"])
        #expect(batch[1].computed == 0)
        #expect(!batch[1].holdsBlocks)
    }

    @Test func `leaves a sequence its blocks when only more urgent ones hold others`() throws {
        var batch = [sequence(0, known: 8, computed: 7), sequence(1, known: 9, computed: 8)]
        #expect(try shares(&batch, rows: 8, chunk: 8, blocks: 4) == ["0:1"])
        #expect(batch[1].computed == 8)
    }

    @Test func `starts nothing that has no room to catch up`() throws {
        // Sequence 0 will need 5 blocks in all; the 2 that remain of 7 are too few for sequence 1.
        var batch = [sequence(0, known: 20, computed: 4), sequence(1, known: 12)]
        #expect(try shares(&batch, rows: 32, chunk: 4, blocks: 7) == ["0:4"])
        #expect(try shares(&batch, rows: 32, chunk: 4, blocks: 8) == ["0:4", "1:4"])
    }

    @Test func `lets a more urgent lane start on the blocks of a less urgent one`() throws {
        var batch = [sequence(1, known: 8, lane: .high), sequence(0, known: 9, computed: 8, lane: .low)]
        #expect(try shares(&batch, rows: 32, chunk: 32, blocks: 2) == ["0:8"])
        #expect(!batch[1].holdsBlocks)
        batch = [sequence(1, known: 8), sequence(0, known: 8, computed: 7)]
        #expect(try shares(&batch, rows: 32, chunk: 32, blocks: 2) == ["1:1"])
    }
}
