import Contract
import Engine
import TestSupport
import Testing
import Transformer

@Suite struct `Any workload` {
    /// One history: what is submitted when, what is cancelled, and how little room there is.
    private struct History {
        let seed: UInt64
        let shape: ScriptedModel.Shape
        let limits: EngineLimits
        /// Whether a model that is right about half of the text guesses ahead.
        let drafts: Bool
        var random: SplitMix64

        init(seed: UInt64) {
            self.seed = seed
            var random = SplitMix64(seed: seed)
            var shape = ScriptedModel.Shape()
            shape.blockTokens = Int.random(in: 1...8, using: &random)
            shape.blockCount = Int.random(in: 4...60, using: &random)
            shape.tokensPerEnd = [0, 10, 40][Int.random(in: 0...2, using: &random)]
            shape.contextTokens = Int.random(in: 20...200, using: &random)
            var limits = EngineLimits()
            limits.rowsPerStep = Int.random(in: 1...40, using: &random)
            limits.chunkRows = Int.random(in: 0...20, using: &random)
            limits.sequences = Int.random(in: 1...12, using: &random)
            limits.admissionsPerStep = Int.random(in: 1...4, using: &random)
            shape.period = [0, 0, 4][Int.random(in: 0...2, using: &random)]
            limits.speculation.longestProposal = Int.random(in: 0...6, using: &random)
            drafts = Bool.random(using: &random)
            (self.shape, self.limits, self.random) = (shape, limits, random)
        }

        var draft: (any LanguageModel)? {
            var shape = shape
            shape.seed += shape.period > 0 ? 1 : 0
            return drafts ? ScriptedModel(shape) : nil
        }

        mutating func draw(_ number: Int) -> GenerationRequest {
            let maxTokens = Int.random(in: 0...50, using: &random)
            var drawn = request(
                number,
                promptCount: Int.random(in: 1...60, using: &random),
                maxTokens: maxTokens == 50 ? nil : UInt32(maxTokens)
            )
            drawn.lane = Lane.allCases[Int.random(in: 0...2, using: &random)]
            drawn.sampling.temperature = Bool.random(using: &random) ? 0 : 1
            drawn.sampling.seed = random.next()
            if Int.random(in: 0...3, using: &random) == 0 {
                drawn.limits.stop = [String(UnicodeScalar(UInt8.random(in: 97...122, using: &random)))]
            }
            if Int.random(in: 0...5, using: &random) == 0 {
                drawn.deadline = Instant(microseconds: Int64.random(in: 0...300, using: &random))
            }
            return drawn
        }
    }

    @Test func `ends every job once, with the tokens of a lone run, and gives every block back`() {
        var preemptions: UInt64 = 0
        var acceptedTokens: UInt64 = 0
        for seed in 0..<60 as Range<UInt64> {
            var history = History(seed: seed)
            let run = EngineRun(
                ScriptedModel(history.shape),
                history.limits,
                draft: history.draft,
                label: "seed \(seed)"
            )
            let idle = run.credit
            var requests: [GenerationRequest] = []
            var now: Int64 = 0
            while requests.count < 25 || run.hasWork {
                if requests.count < 25, Int.random(in: 0...2, using: &history.random) == 0 {
                    requests.append(history.draw(requests.count))
                    run.submit(requests[requests.count - 1])
                }
                if Int.random(in: 0...30, using: &history.random) == 0, let victim = requests.last {
                    run.cancel(victim.job)
                }
                run.step(at: Instant(microseconds: now))
                now += 1
                if now > 50_000 {
                    Issue.record("seed \(seed) does not come to its end")
                    return
                }
            }
            for request in requests { compare(run.outcome(request.job), request, history) }
            #expect(run.credit == idle, "seed \(seed)")
            preemptions += run.counters.preemptions
            acceptedTokens += run.counters.acceptedTokens
        }
        #expect(preemptions > 50)
        #expect(acceptedTokens > 1000)
    }

    private func compare(_ outcome: EngineRun.Outcome, _ request: GenerationRequest, _ history: History) {
        var lone = request
        lone.deadline = nil
        var limits = EngineLimits()
        limits.speculation.source = .off
        let run = EngineRun(ScriptedModel(history.shape), limits, isAudited: false)
        run.submit(lone)
        run.finish()
        let alone = run.outcome(request.job)
        switch outcome.end {
        case nil:
            Issue.record("seed \(history.seed): job \(request.job) has no end")
        case .cancelled,
            .failed(Failure(.deadlineExceeded, "the job's deadline passed before it was finished")):
            #expect(alone.ids.starts(with: outcome.ids), "seed \(history.seed): job \(request.job)")
            #expect(alone.text.hasPrefix(outcome.text), "seed \(history.seed): job \(request.job)")
        default:
            #expect(outcome == alone, "seed \(history.seed): job \(request.job)")
        }
    }

    @Test func `of 200 sequences stands it when half are cancelled at random`() {
        var random = SplitMix64(seed: 7)
        var shape = ScriptedModel.Shape()
        shape.blockCount = 300
        var limits = EngineLimits()
        limits.sequences = 48
        let run = EngineRun(ScriptedModel(shape), limits)
        let requests = (0..<200).map { request($0, promptCount: 20 + $0 % 90, maxTokens: 40) }
        for request in requests { run.submit(request) }
        var doomed = Array(requests.shuffled(using: &random).prefix(100))
        while run.hasWork {
            if let next = doomed.last, Int.random(in: 0...1, using: &random) == 0 {
                run.cancel(next.job)
                doomed.removeLast()
            }
            run.step()
        }
        let outcomes = requests.map { run.outcome($0.job) }
        let cancelledCount = outcomes.count { $0.end == .cancelled }
        #expect(outcomes.allSatisfy { $0.end != nil })
        #expect(cancelledCount > 50 && cancelledCount <= 100, "\(cancelledCount)")
        #expect(outcomes.count { $0.end == .length } == 200 - cancelledCount)
        for (request, outcome) in zip(requests, outcomes) where outcome.end == .length {
            #expect(outcome.ids == EngineRun.alone(request).ids)
        }
    }
}
