import Contract
import Engine
import KVCache
import Testing
import Transformer

@Suite struct `A scripted model` {
    private static let tokens: [TokenID] = (0..<40).map { $0 * 5 % 251 }

    private func span(_ rows: Int, after computed: Int, _ blocks: [UInt32]) -> ForwardInput.Span {
        ForwardInput.Span(
            rowCount: rows,
            computed: computed,
            blocks: blocks.map { BlockID(rawValue: $0) },
            wanted: .last
        )
    }

    private func logits(
        _ model: ScriptedModel,
        _ computed: Int,
        _ rows: Int,
        _ blocks: [UInt32]
    ) throws -> [Float] {
        var logits: [Float] = []
        let tokens = Array(Self.tokens[computed..<computed + rows])
        try model.forward(
            ForwardInput(tokens: tokens, spans: [span(rows, after: computed, blocks)]),
            into: &logits
        )
        return logits
    }

    @Test func `says the same in any blocks and chunks`() throws {
        let whole = try logits(ScriptedModel(), 0, 40, [0, 1, 2])
        let model = ScriptedModel()
        for start in stride(from: 0, to: 40, by: 8) {
            let last = try logits(model, start, 8, [9, 4, 700])
            if start == 32 { #expect(last == whole) }
        }
        #expect(whole.count == model.vocabularySize)
    }

    @Test(arguments: [0, 1, 2]) func `says something else when a block was lost`(lost: Int) throws {
        let model = ScriptedModel()
        let right = try logits(model, 0, 40, [0, 1, 2])
        _ = try logits(model, 0, 33, [0, 1, 2])
        var blocks: [UInt32] = [0, 1, 2]
        blocks[lost] = 50
        #expect(try logits(model, 33, 7, blocks) != right)
    }

    @Test func `refuses what the engine must never ask for`() {
        let model = ScriptedModel()
        var logits: [Float] = []
        let broken: [(ForwardInput, ScriptedModel.Fault)] = [
            (ForwardInput(tokens: [1], spans: []), .rowCountMismatch(tokens: 1, rows: 0)),
            (ForwardInput(tokens: [257], spans: [span(1, after: 0, [0])]), .tokenOutsideVocabulary(257)),
            (ForwardInput(tokens: [1], spans: [span(1, after: 16, [0])]), .blocksTooFew(have: 1, tokens: 17)),
            (ForwardInput(tokens: [1], spans: [span(1, after: 0, [1024])]), .blockOutsidePool(1024)),
        ]
        for (input, fault) in broken {
            #expect(throws: fault) { try model.forward(input, into: &logits) }
        }
    }
}
