import Contract
import KVCache
import Testing
import Transformer

@Suite struct `A step that cannot be computed` {
    private let model: TransformerModel

    init() throws {
        model = try Fixture.included[0].model(.init(memory: .blocks(4), kv: .f32))
    }

    @Test func `names tokens that no span holds`() {
        expect(.rowCount(tokens: 3, spans: 2), tokens: [1, 2, 3], [span(2)])
        expect(.rowCount(tokens: 1, spans: 2), tokens: [1], [span(2)])
        expect(.rowCount(tokens: 1, spans: .max), tokens: [1], [span(.max)])
        expect(.rowCount(tokens: 2, spans: .max), tokens: [1, 2], [span(1), span(.max)])
    }

    @Test func `names a span without rows`() {
        expect(.emptySpan(span: 1), tokens: [1], [span(1), span(0)])
        expect(.emptySpan(span: 0), tokens: [1], [span(.min)])
    }

    @Test func `names a span that leaves the context`() {
        let limit = model.contextTokens
        let late = span(2, computed: limit - 1)
        expect(.contextExceeded(span: 0, computed: limit - 1, rows: 2, limit: limit), tokens: [1, 2], [late])
        expect(
            .contextExceeded(span: 0, computed: .max, rows: 1, limit: limit),
            tokens: [1],
            [span(1, computed: .max)]
        )
        expect(
            .contextExceeded(span: 0, computed: -1, rows: 1, limit: limit),
            tokens: [1],
            [span(1, computed: -1)]
        )
    }

    @Test func `names a span whose blocks are too few`() {
        let error = TransformerError.blocksTooFew(span: 0, tokens: 17, blocks: 1, blockTokens: 16)
        expect(error, tokens: [1], [span(1, computed: 16)])
    }

    @Test func `names a block that does not exist`() {
        expect(.unknownBlock(span: 0, block: 4, blockCount: 4), tokens: [1], [span(1, blocks: [4])])
        expect(.unknownBlock(span: 0, block: .max, blockCount: 4), tokens: [1], [span(1, blocks: [0, .max])])
    }

    @Test func `names a token that does not exist`() {
        let size = model.vocabularySize
        let error = TransformerError.unknownToken(row: 1, token: TokenID(size), vocabularySize: size)
        expect(error, tokens: [1, TokenID(size)], [span(2)])
    }

    @Test func `names how many rows there may be`() {
        let tokens = [TokenID](repeating: 1, count: 70_000)
        expect(.tooManyRows(rows: 70_000, limit: 65_536), tokens: tokens, [span(70_000)])
    }

    @Test func `changes nothing for the steps after it`() throws {
        let ids = try Fixture.included[0].expected().ids("sentence")
        let before = bits(try model.logits(of: ids))
        expect(.emptySpan(span: 1), tokens: ids, [span(ids.count, blocks: [0, 1, 2]), span(0)])
        #expect(bits(try model.logits(of: ids)) == before)
    }

    @Test func `is not the step without rows`() throws {
        var logits: [Float] = [1]
        try model.forward(ForwardInput(), into: &logits)
        #expect(logits.isEmpty)
    }

    private func span(_ rows: Int, computed: Int = 0, blocks: [UInt32] = [0]) -> ForwardInput.Span {
        let blocks = blocks.map { BlockID(rawValue: $0) }
        return ForwardInput.Span(rowCount: rows, computed: computed, blocks: blocks, wanted: .last)
    }

    private func expect(_ error: TransformerError, tokens: [TokenID], _ spans: [ForwardInput.Span]) {
        var logits: [Float] = []
        #expect(throws: error) {
            try model.forward(ForwardInput(tokens: tokens, spans: spans), into: &logits)
        }
        #expect("\(error)".isEmpty == false)
    }
}

@Suite struct `A model's options` {
    @Test func `have limits that errors name`() {
        expect(
            .option(name: "blockTokens", value: 0, allowed: 1...4096),
            .init(memory: .blocks(1), blockTokens: 0)
        )
        expect(.option(name: "threads", value: 0, allowed: 1...256), .init(memory: .blocks(1), threads: 0))
        expect(.memoryBelowOneBlock(bytes: 100, blockBytes: 6144), .init(memory: .bytes(100)))
        #expect(throws: TransformerError.self) { try Fixture.included[0].model(.init(memory: .blocks(.max))) }
        #expect(throws: TransformerError.self) { try Fixture.included[0].model(.init(memory: .blocks(-1))) }
    }

    @Test func `give as many blocks as fit in the memory`() throws {
        let model = try Fixture.included[0].model(.init(memory: .bytes(1 << 30)))
        #expect(model.blockBytes == 6144)
        #expect(model.blockCount == (1 << 30) / 6144)
    }

    private func expect(_ error: TransformerError, _ options: TransformerOptions) {
        #expect(throws: error) { try Fixture.included[0].model(options) }
    }
}
