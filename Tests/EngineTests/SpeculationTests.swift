import Contract
import Engine
import KVCache
import TestSupport
import Testing
import Transformer

@Suite struct `Guessing ahead` {
    /// What guesses, besides the text itself.
    enum Draft: String, CaseIterable {
        case none
        case good
        case wrong
        /// Says only that the text ends.
        case ending
        /// Has too little memory for all texts.
        case cramped
        /// Cannot compute, now and then.
        case failing
        /// Computes what no token can be picked from.
        case broken

        func model(_ shape: ScriptedModel.Shape) -> (any LanguageModel)? {
            var shape = shape
            shape.blockCount = self == .cramped ? 12 : 400
            shape.blockTokens = self == .good ? shape.blockTokens : 3
            switch self {
            case .none: return nil
            case .good, .cramped: break
            case .wrong: shape.seed += 1
            case .ending: shape.tokensPerEnd = 1
            case .failing: return FaultyModel(ScriptedModel(shape), every: 3)
            case .broken: return FaultyModel(ScriptedModel(shape), every: 2, fault: .logits)
            }
            return ScriptedModel(shape)
        }
    }

    private static func requests(_ random: inout SplitMix64) -> [GenerationRequest] {
        (0..<9).map { number in
            let count = Int.random(in: 1...70, using: &random)
            return request(number, promptCount: count, maxTokens: UInt32.random(in: 1...45, using: &random)) {
                $0.lane = Lane.allCases[Int.random(in: 0...2, using: &random)]
                guard number % 3 > 0 else { return }
                $0.sampling.temperature = 0.8
                $0.sampling.seed = random.next()
                $0.sampling.topP = number % 2 == 0 ? 0.95 : 1
                if number % 3 == 1 {
                    $0.sampling.repetitionPenalty = 1.05
                    $0.sampling.presencePenalty = 0.1
                }
                $0.limits.stop = (0...1).map { _ in
                    String(
                        decoding: (0..<2).map { _ in UInt8.random(in: 32...126, using: &random) },
                        as: UTF8.self
                    )
                }
                $0.limits.stopTokens = [TokenID.random(in: 32...126, using: &random)]
            }
        }
    }

    private static func setting(_ random: inout SplitMix64) -> (ScriptedModel.Shape, EngineLimits) {
        var shape = ScriptedModel.Shape()
        shape.blockTokens = Int.random(in: 1...8, using: &random)
        shape.blockCount = 140 / shape.blockTokens + Int.random(in: 0...40, using: &random)
        shape.tokensPerEnd = [0, 60][Int.random(in: 0...1, using: &random)]
        shape.period = [0, 1, 3, 10][Int.random(in: 0...3, using: &random)]
        shape.contextTokens = Int.random(in: 80...200, using: &random)
        var limits = EngineLimits()
        limits.rowsPerStep = Int.random(in: 1...40, using: &random)
        limits.chunkRows = Int.random(in: 0...20, using: &random)
        limits.sequences = Int.random(in: 1...12, using: &random)
        limits.sharesPrefixes = Bool.random(using: &random)
        limits.speculation.longestProposal = Int.random(in: 1...12, using: &random)
        return (shape, limits)
    }

    @Test(arguments: Speculation.Source.allCases, Draft.allCases)
    func `changes nothing in what is said`(source: Speculation.Source, draft: Draft) {
        var counters = EngineCounters()
        for seed in 0..<3 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            let requests = Self.requests(&random)
            var (shape, limits) = Self.setting(&random)
            var plain = EngineLimits()
            plain.speculation.source = .off
            limits.speculation.source = source
            let label = "\(source), \(draft), seed \(seed)"
            let clock = seed % 2 == 0 ? VirtualClock() : nil
            let model = ScriptedModel(shape)
            let run = EngineRun(
                clock.map { TimedModel(model, $0) } ?? model,
                limits,
                draft: draft.model(shape).map { model in clock.map { TimedModel(model, $0, .small) } ?? model
                },
                clock: clock,
                label: label,
                isAudited: seed == 0
            )
            for request in requests { run.submit(request) }
            run.finish()
            let alone = EngineRun(ScriptedModel(shape), plain, isAudited: false)
            for request in requests {
                alone.submit(request)
                alone.finish()
                #expect(run.outcome(request.job) == alone.outcome(request.job), "\(label), \(request.job)")
            }
            #expect(alone.counters.proposedTokens == 0)
            counters.proposedTokens += run.counters.proposedTokens
            counters.acceptedTokens += run.counters.acceptedTokens
        }
        let isAsked = source == .lookup || source == .auto || source == .draft && draft != .none
        let isGood = source == .lookup || source == .auto || draft == .good
        #expect(counters.proposedTokens > 0 || !isAsked)
        #expect(counters.acceptedTokens > 0 || !(isAsked && isGood))
        #expect(counters.acceptedTokens <= counters.proposedTokens)
    }

    /// Time for 200 tokens of each of so many streams, and what was counted.
    private func run(
        _ source: Speculation.Source,
        _ shape: ScriptedModel.Shape,
        streams: Int = 1,
        draft: Draft = .none
    ) -> (time: Duration, counters: EngineCounters) {
        var limits = EngineLimits()
        limits.speculation.source = source
        let clock = VirtualClock()
        let run = EngineRun(
            TimedModel(ScriptedModel(shape), clock),
            limits,
            draft: draft.model(shape).map { TimedModel($0, clock, .small) },
            clock: clock,
            isAudited: false
        )
        for number in 0..<streams { run.submit(request(number, promptCount: 60, maxTokens: 200)) }
        run.finish()
        return (clock.elapsed, run.counters)
    }

    @Test(arguments: [1, 4]) func `makes a text that repeats itself faster`(streams: Int) {
        var shape = ScriptedModel.Shape()
        shape.period = 9
        shape.tokensPerSurprise = 40
        let plain = run(.off, shape, streams: streams)
        let guessed = run(.lookup, shape, streams: streams)
        #expect(guessed.counters.generatedTokens == plain.counters.generatedTokens)
        let most = streams == 1 ? 0.5 : 0.9
        #expect(guessed.time < plain.time * most, "\(guessed.time) against \(plain.time)")
    }

    @Test(arguments: [1, 8]) func `costs next to nothing where nothing is right`(streams: Int) {
        var shape = ScriptedModel.Shape()
        // Few letters: what was said before is found all the time, and says nothing about what follows.
        shape.alphabet = 97...112
        let plain = run(.off, shape, streams: streams)
        let guessed = run(.auto, shape, streams: streams)
        #expect(guessed.counters.proposedTokens > 0)
        #expect(guessed.time < plain.time * 1.03, "\(guessed.time) against \(plain.time)")
    }

    @Test func `follows a draft model that agrees, and soon ignores one that does not`() {
        let shape = ScriptedModel.Shape()
        let plain = run(.off, shape)
        let good = run(.draft, shape, draft: .good)
        #expect(good.time < plain.time * 0.6, "\(good.time) against \(plain.time)")
        let wrong = run(.draft, shape, draft: .wrong)
        #expect(wrong.time < plain.time * 1.1, "\(wrong.time) against \(plain.time)")
    }

    @Test func `asks a draft model that keeps failing no more`() {
        let shape = ScriptedModel.Shape()
        let faulty = FaultyModel(ScriptedModel(shape), every: 1)
        var limits = EngineLimits()
        limits.speculation.source = .draft
        let run = EngineRun(ScriptedModel(shape), limits, draft: faulty)
        for number in 0..<4 { run.submit(request(number)) }
        run.finish()
        #expect(faulty.callCount == 3)
        #expect(run.counters.proposedTokens == 0)
    }

    @Test func `refuses a draft model with another vocabulary`() {
        let model = ScriptedModel()
        #expect(Drafter.obstacle(to: ScriptedModel(), for: model) == nil)
        let obstacle = Drafter.obstacle(to: OtherVocabulary(model), for: model)
        #expect(obstacle?.contains("258") == true && obstacle?.contains("257") == true)
    }
}

/// A model that fails one call in so many.
private final class FaultyModel: LanguageModel {
    enum Fault { case error, logits }

    private let model: any LanguageModel
    private let every: Int
    private let fault: Fault
    private(set) var callCount = 0

    init(_ model: any LanguageModel, every: Int, fault: Fault = .error) {
        (self.model, self.every, self.fault) = (model, every, fault)
    }

    var vocabularySize: Int { model.vocabularySize }
    var contextTokens: Int { model.contextTokens }
    var blockTokens: Int { model.blockTokens }
    var blockCount: Int { model.blockCount }

    func copyBlock(from source: BlockID, to target: BlockID) { model.copyBlock(from: source, to: target) }

    func forward(_ input: ForwardInput, into logits: inout [Float]) throws {
        callCount += 1
        let isFaulty = callCount % every == 0
        if isFaulty, fault == .error { throw ScriptedModel.Fault.tokenOutsideVocabulary(0) }
        try model.forward(input, into: &logits)
        if isFaulty { for place in logits.indices { logits[place] = .nan } }
    }
}

/// A model with one token more.
private final class OtherVocabulary: LanguageModel {
    private let model: any LanguageModel

    init(_ model: any LanguageModel) { self.model = model }

    var vocabularySize: Int { model.vocabularySize + 1 }
    var contextTokens: Int { model.contextTokens }
    var blockTokens: Int { model.blockTokens }
    var blockCount: Int { model.blockCount }

    func copyBlock(from source: BlockID, to target: BlockID) {}
    func forward(_ input: ForwardInput, into logits: inout [Float]) throws {}
}
