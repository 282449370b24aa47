import Contract
import Engine
import KVCache
import Testing
import Transformer

@Suite struct `A model that reads long texts otherwise` {
    @Test(arguments: [0, 3, 16])
    func `continues a text that outgrew its set as if it had been long from the start`(chunk: Int) {
        var limits = EngineLimits()
        limits.chunkRows = chunk
        let asked = (0..<4).map { request($0, promptCount: 12 + $0 * 5, maxTokens: 40) }
        let run = EngineRun(StretchingModel(), limits)
        for request in asked { run.submit(request) }
        run.finish()
        #expect(run.counters.acceptedTokens > 0)
        for request in asked {
            let whole = run.outcome(request.job)
            #expect(whole.ids.count == 40)
            for shown in [1, 12, 39] {
                var rest = request
                rest.committed = Array(whole.ids.prefix(shown))
                // Nothing is guessed across the change.
                var plain = limits
                plain.speculation.source = .off
                let resumed = EngineRun(StretchingModel(), plain)
                resumed.submit(rest)
                resumed.finish()
                let ids = resumed.outcome(request.job).ids
                #expect(ids == Array(whole.ids.dropFirst(shown)), "\(request.job), from \(shown) on")
            }
        }
    }
}

/// Two scripted models that know nothing of each other: one for texts of up to 30 tokens, one for longer
/// ones.
private final class StretchingModel: LanguageModel {
    private let models: [ScriptedModel]

    init() {
        models = [1, 2].map { (seed: UInt64) in
            var shape = ScriptedModel.Shape()
            shape.seed = seed
            shape.period = 4
            return ScriptedModel(shape)
        }
    }

    var vocabularySize: Int { models[0].vocabularySize }
    var contextTokens: Int { models[0].contextTokens }
    var blockTokens: Int { models[0].blockTokens }
    var blockCount: Int { models[0].blockCount }

    func frequencySet(known: Int) -> Int { known > 30 ? 1 : 0 }

    func copyBlock(from source: BlockID, to target: BlockID) {
        for model in models { model.copyBlock(from: source, to: target) }
    }

    func forward(_ input: ForwardInput, into logits: inout [Float]) throws {
        logits.removeAll(keepingCapacity: true)
        var first = 0
        for span in input.spans {
            var some: [Float] = []
            let tokens = Array(input.tokens[first..<first + span.rowCount])
            let model = models[frequencySet(known: span.known)]
            try model.forward(ForwardInput(tokens: tokens, spans: [span]), into: &some)
            logits += some
            first += span.rowCount
        }
    }
}
