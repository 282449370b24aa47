import Contract
import Glibc
import KVCache
import TestSupport
import Testing
import Transformer

@testable import Engine

@Suite struct `A prompt that is told with how likely it is` {
    private struct Letters: TokenSpelling {
        func bytes(of id: UInt32) -> [UInt8] { [UInt8(truncatingIfNeeded: id)] }
    }

    /// What one stream said, without how it was cut into records.
    private struct Told: Equatable {
        var ids: [TokenID] = []
        var promptCount = 0
        var text = ""
        var logprobs: [TokenLogprob] = []
        var end: StreamEnd?
        var longestPromptRecord = 0
    }

    private func scored(
        _ number: Int = 0,
        promptCount: Int = 40,
        maxTokens: UInt32 = 20,
        _ change: (inout GenerationRequest) -> Void = { _ in }
    ) -> GenerationRequest {
        request(number, promptCount: promptCount, maxTokens: maxTokens) {
            $0.limits.ignoresEnd = true
            $0.sampling.temperature = 0.7
            $0.sampling.seed = 3
            $0.sampling.repetitionPenalty = 1.2
            $0.output.logprobs = 2
            $0.output.promptLogprobs = 3
            $0.output.echoesPrompt = true
            $0.spelling = Letters()
            change(&$0)
        }
    }

    /// Runs `asked` behind and beside others, and says what became of it.
    private func told(
        _ asked: GenerationRequest,
        _ limits: EngineLimits = EngineLimits(),
        on model: any LanguageModel = ScriptedModel(),
        beside others: [GenerationRequest] = [],
        behind earlier: [GenerationRequest] = []
    ) -> Told {
        var engine = Engine(model: model, endTokens: [ScriptedModel.endToken], limits: limits)
        for other in earlier { engine.submit(other) }
        while engine.hasWork { _ = engine.step(at: .zero) }
        for other in others { engine.submit(other) }
        if !others.isEmpty { _ = engine.step(at: .zero) }
        engine.submit(asked)
        var told = Told()
        var position = UInt32(asked.committed.count)
        while engine.hasWork {
            for record in engine.step(at: .zero) where record.job == asked.job {
                #expect(record.position == position)
                position = record.nextPosition
                #expect(record.logprobs.map(\.token.id) == Array(record.ids))
                #expect(!record.isPrompt || told.ids.count == told.promptCount, "prompt behind an answer")
                if record.isPrompt {
                    told.promptCount += record.ids.count
                    told.longestPromptRecord = max(told.longestPromptRecord, record.ids.count)
                }
                told.ids += record.ids
                told.text += record.text
                told.logprobs += record.logprobs
                told.end = record.end ?? told.end
            }
            #expect(engine.audit().isEmpty)
        }
        told.longestPromptRecord = 0
        return told
    }

    @Test func `has of each token what the row in front of it says`() throws {
        let asked = scored()
        let told = told(asked)
        #expect(told.promptCount == 40 && told.ids.prefix(40) == asked.promptIDs[...])
        #expect(told.end == .length && told.ids.count == 60)
        let model = ScriptedModel()
        let span = ForwardInput.Span(
            rowCount: 40,
            computed: 0,
            blocks: (0..<3).map { .init(rawValue: $0) },
            wanted: .all
        )
        var logits: [Float] = []
        try model.forward(ForwardInput(tokens: asked.promptIDs, spans: [span]), into: &logits)
        for place in 1..<40 {
            let row = logits[(place - 1) * model.vocabularySize..<place * model.vocabularySize].map(
                Double.init
            )
            let whole = log(row.reduce(0) { $0 + exp($1) })
            let own = row[Int(asked.promptIDs[place])]
            let logprob = told.logprobs[place]
            #expect(abs(Double(logprob.token.logprob) - max(own - whole, -9999)) < 1e-4)
            #expect(Int(logprob.rank) == 1 + row.count { $0 > own })
            #expect(logprob.top.count == 3)
        }
    }

    @Test func `is followed by what is picked without it`() {
        let plain = EngineRun.alone(scored { $0.output.promptLogprobs = nil })
        let asked = scored()
        let told = told(asked)
        #expect(Array(told.ids.dropFirst(40)) == plain.ids)
        #expect(told.text == String(decoding: asked.promptIDs.map { UInt8($0) }, as: UTF8.self) + plain.text)
    }

    @Test func `is the same alone, in chunks, in company, behind its own prefix and without room`() {
        let asked = scored()
        let alone = told(asked)
        let others = (1..<5).map { number in scored(number, promptCount: 30) }
        #expect(told(asked, beside: others) == alone)
        #expect(told(asked, behind: [scored(9) { $0.promptIDs = asked.promptIDs }]) == alone)
        for (chunk, rows) in [(0, 256), (1, 3), (3, 7), (16, 8), (100, 40)] {
            var limits = EngineLimits()
            (limits.chunkRows, limits.rowsPerStep) = (chunk, rows)
            limits.scoredBytes = chunk * 4 * ScriptedModel().vocabularySize
            #expect(told(asked, limits, beside: others) == alone, "chunks of \(chunk)")
            limits.sharesPrefixes = false
            limits.speculation.source = .off
            #expect(told(asked, limits) == alone, "chunks of \(chunk)")
        }
        // So little memory that sequences push each other out in the middle of their prompts.
        var shape = ScriptedModel.Shape()
        (shape.blockTokens, shape.blockCount) = (4, 20)
        var limits = EngineLimits()
        limits.chunkRows = 5
        let low = scored { $0.lane = .low }
        let high = (1..<4).map { number in scored(number, promptCount: 12) { $0.lane = .high } }
        #expect(told(low, limits, on: ScriptedModel(shape), beside: high) == alone)
    }

    @Test func `goes on at any token at another worker`() {
        let alone = told(scored())
        for count in 0...alone.ids.count - 1 {
            let rest = told(scored { $0.committed = Array(alone.ids[..<count]) })
            #expect(rest.ids == Array(alone.ids[count...]), "behind \(count)")
            #expect(rest.logprobs == Array(alone.logprobs[count...]), "behind \(count)")
            #expect(alone.text.hasSuffix(rest.text) && rest.end == alone.end)
        }
    }

    @Test(arguments: [1, 2, 17]) func `can be all that is wanted`(promptCount: Int) {
        let told = told(scored(promptCount: promptCount, maxTokens: 0))
        #expect(told.ids == scored(promptCount: promptCount).promptIDs && told.promptCount == promptCount)
        #expect(told.end == .length)
    }

    @Test func `says where in the text its tokens begin`() {
        let text = Array("aé€ü".utf8).map { TokenID($0) }
        let told = told(scored(maxTokens: 3) { $0.promptIDs = text })
        #expect(told.logprobs.map(\.offset) == [0, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6])
    }

    @Test func `keeps the logits that it needs within bounds`() {
        var limits = EngineLimits()
        limits.scoredBytes = 4 * 4 * ScriptedModel().vocabularySize
        var engine = Engine(model: ScriptedModel(), endTokens: [], limits: limits)
        for number in 0..<3 { engine.submit(scored(number)) }
        while engine.hasWork {
            let told = engine.step(at: .zero).filter(\.isPrompt).reduce(0) { $0 + $1.ids.count }
            // The first token of each comes with its first row.
            #expect(told <= 4 + 3)
        }
    }

    @Test func `gives the same bits on one thread and on two, in any chunks`() throws {
        for exact in ExactModel.included.prefix(4) {
            var whole: Told?
            for (threads, chunk) in [(1, 0), (2, 0), (1, 3), (2, 16)] {
                let options = TransformerOptions(
                    memory: .blocks(64),
                    blockTokens: 16,
                    kv: .f32,
                    threads: threads
                )
                let model = try exact.open(options)
                let asked = scored(promptCount: 30) {
                    $0.promptIDs = $0.promptIDs.map { $0 % TokenID(model.vocabularySize) }
                }
                var limits = EngineLimits()
                limits.chunkRows = chunk
                let told = told(asked, limits, on: model, behind: [scored(1, promptCount: 9)])
                #expect(told == whole ?? told, "\(exact.name), \(threads) threads, chunks of \(chunk)")
                whole = told
            }
        }
    }
}
