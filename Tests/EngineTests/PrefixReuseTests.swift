import Contract
import Engine
import TestSupport
import Testing

@Suite struct `A prompt that begins like another` {
    private static func shape(_ change: (inout ScriptedModel.Shape) -> Void = { _ in }) -> ScriptedModel.Shape
    {
        var shape = ScriptedModel.Shape()
        shape.blockTokens = 4
        change(&shape)
        return shape
    }

    private static func numbered(
        _ number: Int,
        _ prompt: [TokenID],
        maxTokens: UInt32 = 8
    )
        -> GenerationRequest
    {
        request(number, maxTokens: maxTokens) { $0.promptIDs = prompt }
    }

    @Test func `is computed from where they part`() {
        let run = EngineRun(ScriptedModel(Self.shape()))
        let beginning = (0..<22).map { TokenID($0) }
        let prompts = [beginning + [60, 61], beginning + [70], beginning + [60, 61, 62, 63], beginning]
        for (number, prompt) in prompts.enumerated() {
            run.submit(Self.numbered(number, prompt))
            run.finish()
            let alone = EngineRun.alone(Self.numbered(number, prompt), Self.shape())
            #expect(run.outcome(JobID(number)) == alone)
        }
        // The last one needs a row of its own, though all of its tokens are known.
        #expect((0..<4).map { run.cachedTokenCount(JobID($0)) } == [0, 22, 24, 21])
    }

    @Test func `goes on from the answer that it quotes`() {
        let run = EngineRun(ScriptedModel(Self.shape()))
        let first = Self.numbered(1, (0..<10).map { TokenID($0) }, maxTokens: 9)
        run.submit(first)
        run.finish()
        let answer = run.outcome(first.job).ids
        let second = Self.numbered(2, first.promptIDs + answer + [65, 66])
        run.submit(second)
        run.finish()
        #expect(run.outcome(second.job) == EngineRun.alone(second, Self.shape()))
        // The last token of an answer is known, and never computed.
        #expect(run.cachedTokenCount(second.job) == UInt32(10 + answer.count - 1))
    }

    @Test func `of another tenant is computed anew`() {
        let run = EngineRun(ScriptedModel(Self.shape()))
        for (number, scope) in ["ours", "theirs", "ours"].enumerated() {
            run.submit(
                request(number, promptCount: 30) { [prompt = request(0, promptCount: 30).promptIDs] in
                    $0.promptIDs = prompt
                    $0.scope = scope
                }
            )
            run.finish()
        }
        #expect((0..<3).map { run.cachedTokenCount(JobID($0)) } == [0, 0, 29])
    }

    @Test func `is computed anew where the cache is off`() {
        var limits = EngineLimits()
        limits.sharesPrefixes = false
        let run = EngineRun(ScriptedModel(Self.shape()), limits)
        for number in 0..<2 {
            run.submit(Self.numbered(number, (0..<30).map { TokenID($0) }))
            run.finish()
        }
        #expect(run.cachedTokenCount(JobID(1)) == 0)
    }

    @Test func `needs room for the rest alone`() {
        // 12 blocks: the first one holds 8 and will need 2 more, the second one only lacks 2.
        var limits = EngineLimits()
        limits.chunkRows = 0
        let run = EngineRun(ScriptedModel(Self.shape { $0.blockCount = 12 }), limits)
        let beginning = (0..<32).map { TokenID($0) }
        run.submit(Self.numbered(1, beginning + [40], maxTokens: 4))
        run.step()
        run.submit(Self.numbered(2, beginning + [50], maxTokens: 4))
        run.step()
        #expect(run.counters.running == 2)
        #expect(run.counters.waiting == 0)
        run.finish()
        #expect(run.counters.preemptions == 0)
        #expect(run.cachedTokenCount(JobID(2)) == 32)
    }

    /// Everything at once: few beginnings, little memory, several lanes and tenants, cancelled jobs.
    @Test(arguments: [1, 2, 3, 4, 7, 16, 64])
    func `has the tokens of a lone run in any history`(blockTokens: Int) {
        var reused: UInt32 = 0
        for seed in 0..<4 as Range<UInt64> {
            var random = SplitMix64(seed: seed &+ UInt64(blockTokens) << 20)
            let shape = Self.shape {
                $0.blockTokens = blockTokens
                $0.blockCount = max(2, Int.random(in: 60...400, using: &random) / blockTokens)
                $0.tokensPerEnd = 30
            }
            var limits = EngineLimits()
            limits.rowsPerStep = Int.random(in: 1...60, using: &random)
            limits.chunkRows = Int.random(in: 0...30, using: &random)
            limits.sequences = Int.random(in: 1...10, using: &random)
            let run = EngineRun(ScriptedModel(shape), limits, label: "seed \(seed)")
            var requests: [GenerationRequest] = []
            while requests.count < 30 || run.hasWork {
                if requests.count < 30, Int.random(in: 0...3, using: &random) == 0 {
                    requests.append(Self.draw(requests.count, &random))
                    run.submit(requests[requests.count - 1])
                }
                if Int.random(in: 0...20, using: &random) == 0,
                    let victim = requests.randomElement(using: &random)
                {
                    run.cancel(victim.job)
                }
                run.step()
            }
            for request in requests {
                let outcome = run.outcome(request.job)
                let alone = Self.cold(request, shape)
                if outcome.end == .cancelled {
                    #expect(alone.ids.starts(with: outcome.ids), "seed \(seed): \(request.job)")
                } else {
                    #expect(outcome == alone, "seed \(seed): \(request.job)")
                }
                reused += run.cachedTokenCount(request.job) ?? 0
            }
        }
        #expect(reused > 150)
    }

    /// One of a few beginnings, a few ends.
    private static func draw(_ number: Int, _ random: inout SplitMix64) -> GenerationRequest {
        let family = Int.random(in: 0...2, using: &random)
        let common = (0..<Int.random(in: 1...40, using: &random)).map { TokenID($0 + family) }
        let own = (0..<Int.random(in: 0...9, using: &random)).map { _ in
            TokenID.random(in: 200...201, using: &random)
        }
        let maxTokens = UInt32.random(in: 1...20, using: &random)
        return request(number, maxTokens: maxTokens) {
            $0.promptIDs = common + own
            $0.scope = ["one", "two"][Int.random(in: 0...3, using: &random) / 3]
            $0.lane = Lane.allCases[Int.random(in: 0...2, using: &random)]
            $0.sampling.temperature = Bool.random(using: &random) ? 0 : 1
        }
    }

    /// What the request gives alone on an engine of this size that shares nothing.
    private static func cold(_ request: GenerationRequest, _ shape: ScriptedModel.Shape) -> EngineRun.Outcome
    {
        var limits = EngineLimits()
        limits.sharesPrefixes = false
        let run = EngineRun(ScriptedModel(shape), limits, isAudited: false)
        run.submit(request)
        run.finish()
        return run.outcome(request.job)
    }
}
