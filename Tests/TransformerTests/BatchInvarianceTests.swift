import Contract
import Foundation
import KVCache
import TestSupport
import Testing
import Transformer

/// Everything is compared by bits with one sequence alone, in one piece, on one thread, in blocks of 16
/// tokens.
@Suite struct `A row's result` {
    static let kinds: [TransformerOptions.KVType] = [.f32, .f16, .q8]

    @Test(arguments: Fixture.included, kinds)
    func `does not depend on how a prompt is cut`(fixture: Fixture, kv: TransformerOptions.KVType) throws {
        let model = try fixture.model(.init(memory: .blocks(64), kv: kv))
        let ids = try fixture.expected().ids("long")
        let whole = bits(try model.logits(of: ids))
        for chunk in [1, 3, 16, 64, 299] {
            #expect(bits(try model.logits(of: ids, chunk: chunk)) == whole, "chunks of \(chunk)")
        }
    }

    @Test(arguments: Fixture.included, kinds)
    func `does not depend on the size of a block`(fixture: Fixture, kv: TransformerOptions.KVType) throws {
        let ids = try fixture.expected().ids("long")
        let whole = bits(try fixture.model(.init(memory: .blocks(64), kv: kv)).logits(of: ids))
        for blockTokens in [1, 7, 32, 64, 4096] {
            let model = try fixture.model(.init(memory: .blocks(300), blockTokens: blockTokens, kv: kv))
            #expect(bits(try model.logits(of: ids, chunk: 37)) == whole, "blocks of \(blockTokens)")
        }
    }

    @Test(arguments: Fixture.included, kinds)
    func `does not depend on the number of threads`(fixture: Fixture, kv: TransformerOptions.KVType) throws {
        let ids = try fixture.expected().ids("long")
        let whole = bits(try fixture.model(.init(memory: .blocks(64), kv: kv)).logits(of: ids))
        for threads in [2, 3] {
            let model = try fixture.model(.init(memory: .blocks(64), kv: kv, threads: threads))
            #expect(bits(try model.logits(of: ids)) == whole, "\(threads) threads")
            let beginning = bits(try model.logits(of: Array(ids.prefix(40)), chunk: 1))
            #expect(
                beginning == whole.prefix(40 * model.vocabularySize * 4),
                "\(threads) threads, one by one"
            )
        }
    }

    @Test(arguments: Fixture.included, [1, 2, 7, 16])
    func `does not depend on its neighbours`(fixture: Fixture, sequenceCount: Int) throws {
        for options in [
            TransformerOptions(memory: .blocks(512), kv: .f32),
            TransformerOptions(memory: .blocks(512), blockTokens: 32, kv: .f16, threads: 2),
        ] {
            try expectSameAsAlone(fixture, options, sequenceCount: sequenceCount, seed: UInt64(sequenceCount))
        }
    }

    @Test(arguments: Fixture.included) func `does not depend on them in plain C either`(
        fixture: Fixture
    ) throws {
        let options = TransformerOptions(memory: .blocks(512), kv: .f32, kernels: .portable)
        try expectSameAsAlone(fixture, options, sequenceCount: 5, seed: 5)
    }

    @Test(arguments: Fixture.included, kinds)
    func `does not depend on the instruction set`(fixture: Fixture, kv: TransformerOptions.KVType) throws {
        let ids = try fixture.expected().ids("long")
        for weights in [nil, WeightQuantization.q8, .q4] {
            let results = try [TransformerOptions.KernelSet.fastest, .portable].map { kernels in
                let options = TransformerOptions(
                    memory: .blocks(64),
                    kv: kv,
                    kernels: kernels,
                    quantization: weights
                )
                return bits(try fixture.model(options).logits(of: ids, chunk: 100))
            }
            #expect(results[0] == results[1], "weights as \(weights?.rawValue ?? "stored")")
        }
    }

    @Test(arguments: Fixture.included) func `does not depend on which of its rows are wanted`(
        fixture: Fixture
    ) throws {
        let model = try fixture.model()
        let ids = try fixture.expected().ids("sentence")
        let whole = try model.logits(of: ids)
        var sequence = FedSequence(tokens: ids), logits: [Float] = []
        let first = sequence.next(ids.count - 1, blockTokens: model.blockTokens, wanted: .none)
        try model.forward(ForwardInput(tokens: Array(first.tokens), spans: [first.span]), into: &logits)
        #expect(logits.isEmpty)
        let last = sequence.next(1, blockTokens: model.blockTokens, wanted: .last)
        try model.forward(ForwardInput(tokens: Array(last.tokens), spans: [last.span]), into: &logits)
        #expect(bits(logits) == bits(whole.suffix(model.vocabularySize)))
    }

    /// Runs sequences of different lengths in one batch, each in pieces of random size, in random company.
    private func expectSameAsAlone(
        _ fixture: Fixture,
        _ options: TransformerOptions,
        sequenceCount: Int,
        seed: UInt64
    ) throws {
        let model = try fixture.model(options)
        var random = SplitMix64(seed: seed)
        let prompts = try fixture.expected().prompts.map(\.ids)
        let all = (0..<sequenceCount).map { prompts[$0 % prompts.count].dropLast($0 / prompts.count) }.map(
            Array.init
        )
        var alone: [Data] = []
        for ids in all { alone.append(bits(try model.logits(of: ids))) }

        var sequences = all.enumerated().map { FedSequence(tokens: $1, firstBlock: UInt32($0 * 20)) }
        var together = [Data](repeating: Data(), count: sequenceCount)
        var logits: [Float] = []
        while sequences.contains(where: { $0.computed < $0.tokens.count }) {
            var input = ForwardInput(), rowsOf: [Int] = []
            for index in sequences.indices.shuffled(using: &random) {
                guard sequences[index].computed < all[index].count, Bool.random(using: &random) else {
                    continue
                }
                let size = [1, 1, 1, 5, 16, 50].randomElement(using: &random) ?? 1
                let (ids, span) = sequences[index].next(size, blockTokens: model.blockTokens)
                input.tokens += ids
                input.spans.append(span)
                rowsOf += Array(repeating: index, count: ids.count)
            }
            try model.forward(input, into: &logits)
            for (row, index) in rowsOf.enumerated() {
                together[index] += bits(logits[row * model.vocabularySize..<(row + 1) * model.vocabularySize])
            }
        }
        for index in all.indices {
            #expect(together[index] == alone[index], "sequence \(index) of \(sequenceCount), seed \(seed)")
        }
    }
}
