import KVCache
import Transformer

/// Time that passes when a model computes, as much as its machine would take.
final class VirtualClock {
    private(set) var elapsed = Duration.zero

    func pass(_ duration: Duration) { elapsed += duration }
}

/// A model on a machine that has its price for everything, in microseconds.
final class TimedModel: LanguageModel {
    struct Prices {
        var pass = 9_000.0
        var row = 1_900.0
        var logits = 300.0
        /// For 1,024 keys looked at.
        var keys = 800.0

        static let small = Prices(pass: 700, row: 120, logits: 60, keys: 40)
    }

    private let model: any LanguageModel
    private let clock: VirtualClock
    private let prices: Prices

    init(_ model: any LanguageModel, _ clock: VirtualClock, _ prices: Prices = Prices()) {
        self.model = model
        self.clock = clock
        self.prices = prices
    }

    var vocabularySize: Int { model.vocabularySize }
    var contextTokens: Int { model.contextTokens }
    var blockTokens: Int { model.blockTokens }
    var blockCount: Int { model.blockCount }

    func frequencySet(known: Int) -> Int { model.frequencySet(known: known) }
    func copyBlock(from source: BlockID, to target: BlockID) { model.copyBlock(from: source, to: target) }

    func forward(_ input: ForwardInput, into logits: inout [Float]) throws {
        var time = prices.pass + prices.row * Double(input.tokens.count)
        for span in input.spans {
            let keys = span.rowCount * span.computed + span.rowCount * (span.rowCount + 1) / 2
            time += prices.keys * Double(keys) / 1024
            time += prices.logits * Double(span.wanted == .all ? span.rowCount : span.wanted == .last ? 1 : 0)
        }
        clock.pass(.microseconds(Int64(time)))
        try model.forward(input, into: &logits)
    }
}
