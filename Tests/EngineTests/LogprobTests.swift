import Contract
import Glibc
import TestSupport
import Testing
import Transformer

@testable import Engine

@Suite struct `The likelihood of a token` {
    private struct Letters: TokenSpelling {
        func bytes(of id: UInt32) -> [UInt8] { Array("<\(id)>".utf8) }
    }

    @Test func `is what the model says, as a logarithm`() throws {
        for seed in 0..<50 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            let row = (0..<Int.random(in: 1...200, using: &random)).map { _ in
                Float.random(in: -20...20, using: &random)
            }
            let best = Double(row.max() ?? 0)
            let whole = best + log(row.reduce(0) { $0 + exp(Double($1) - best) })
            var likelihoods = Likelihoods()
            likelihoods.keep([9] + row, at: 1..<row.count + 1)
            let id = TokenID.random(in: 0..<TokenID(row.count), using: &random)
            let told = likelihoods.logprob(of: id, topCount: 5, Letters())
            #expect(abs(Double(told.token.logprob) - (Double(row[Int(id)]) - whole)) < 1e-5, "seed \(seed)")
            let ranking = row.indices.sorted { (-row[$0], $0) < (-row[$1], $1) }
            #expect(told.top.map(\.id) == ranking.prefix(5).map { TokenID($0) }, "seed \(seed)")
            #expect(told.top.first?.bytes == Array("<\(ranking[0])>".utf8))
        }
    }

    @Test func `has a floor that JSON can write`() {
        var likelihoods = Likelihoods()
        likelihoods.keep([0, -.infinity, -1e9], at: 0..<3)
        for id in [1, 2, 7] as [TokenID] {
            #expect(likelihoods.logprob(of: id, topCount: 0, Letters()).token.logprob == -9999)
        }
        #expect(likelihoods.logprob(of: 0, topCount: 9, Letters()).top.count == 2)
    }

    /// One record after the other, with what each said about its ids.
    private func told(
        _ count: Int,
        _ limits: EngineLimits = EngineLimits(),
        cut: Int = 0,
        committed: [TokenID] = []
    ) -> [TokenLogprob] {
        var engine = Engine(
            model: ScriptedModel(),
            endTokens: [ScriptedModel.endToken],
            limits: limits
        )
        for number in 0..<count {
            engine.submit(
                request(number, promptCount: 40, maxTokens: 60) {
                    $0.limits.ignoresEnd = true
                    $0.sampling.temperature = 0.7
                    $0.sampling.seed = 3
                    $0.sampling.presencePenalty = 1
                    $0.output.logprobs = number == 0 ? 3 : nil
                    $0.spelling = Letters()
                    if number == 0 { $0.committed = committed }
                }
            )
        }
        var logprobs: [TokenLogprob] = []
        while engine.hasWork {
            for record in engine.step(at: .zero) {
                #expect(record.logprobs.count == (record.job == JobID(0) ? record.ids.count : 0))
                #expect(record.logprobs.map(\.token.id) == (record.job == JobID(0) ? Array(record.ids) : []))
                logprobs += record.logprobs
            }
        }
        return logprobs
    }

    @Test func `is the same alone, in a batch, in chunks, guessed ahead and continued`() {
        let alone = told(1)
        #expect(alone.count == 60 && alone.allSatisfy { $0.top.count == 3 && $0.token.logprob <= 0 })
        #expect(told(6) == alone)
        var limits = EngineLimits()
        limits.chunkRows = 3
        limits.rowsPerStep = 7
        limits.speculation.source = .off
        #expect(told(4, limits) == alone)
        let ids = alone.map(\.token.id)
        #expect(told(2, committed: Array(ids[..<25])) == Array(alone[25...]))
    }

    @Test func `is told of every id but the one that ends the turn`() {
        var endCount = 0
        for number in 0..<20 {
            var engine = Engine(model: ScriptedModel(), endTokens: [ScriptedModel.endToken])
            engine.submit(
                request(number, promptCount: 10, maxTokens: 40) {
                    $0.output.logprobs = 0
                    $0.spelling = Letters()
                    $0.limits.stopTokens = Array(0..<64)
                }
            )
            var ids: [TokenID] = [], told: [TokenID] = [], end: StreamEnd?
            while engine.hasWork {
                for record in engine.step(at: .zero) {
                    ids += record.ids
                    told += record.logprobs.map(\.token.id)
                    end = record.end ?? end
                }
            }
            let isEnded = end == .stop(sequence: nil)
            if isEnded { endCount += 1 }
            #expect(told == ids.dropLast(isEnded ? 1 : 0), "job \(number)")
        }
        #expect(endCount > 0)
    }

    @Test func `costs nothing where nobody asks`() {
        var engine = Engine(model: ScriptedModel(), endTokens: [])
        engine.submit(request(1) { $0.spelling = Letters() })
        while engine.hasWork { #expect(engine.step(at: .zero).allSatisfy { $0.logprobs.isEmpty }) }
    }
}
