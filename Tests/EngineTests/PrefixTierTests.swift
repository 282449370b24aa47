import Contract
import Engine
import TestSupport
import Testing

@Suite struct `An engine with a further tier` {
    private static let shape: ScriptedModel.Shape = {
        var shape = ScriptedModel.Shape()
        shape.blockTokens = 4
        return shape
    }()

    /// An engine whose memory is empty, over what earlier ones have stored.
    private func start(
        _ memory: TierMemory,
        _ manner: ScriptedTier.Manner = .init(),
        _ limits: EngineLimits = EngineLimits()
    ) -> (run: EngineRun, tier: ScriptedTier) {
        let model = ScriptedModel(Self.shape)
        let tier = ScriptedTier(model, memory, manner)
        return (EngineRun(model, limits, tier: tier), tier)
    }

    /// What an engine stored that has answered one request.
    private func memory(after request: GenerationRequest) -> TierMemory {
        let memory = TierMemory()
        let (run, _) = start(memory)
        run.submit(request)
        run.finish()
        return memory
    }

    @Test func `takes up after a restart what it left behind`() {
        let request = request(1, promptCount: 50, maxTokens: 10)
        let memory = memory(after: request)
        #expect(memory.blocks.count == 59 / 4)
        let (run, tier) = start(memory)
        run.submit(request)
        run.finish()
        #expect(run.outcome(request.job) == EngineRun.alone(request, Self.shape))
        #expect(run.cachedTokenCount(request.job) == 48)
        #expect(run.counters.fetchedTokens == 48)
        // The next one finds it in memory.
        var next = request
        next.job = JobID(2)
        run.submit(next)
        run.finish()
        #expect(run.cachedTokenCount(next.job) == 49)
        #expect(tier.fetchCount == 1)
    }

    @Test func `fetches a common beginning once for all who wait for it`() {
        let memory = memory(after: request(1, promptCount: 50, maxTokens: 10))
        let (run, tier) = start(memory, ScriptedTier.Manner(delay: 5...5))
        let common = request(1, promptCount: 48).promptIDs
        for number in 0..<8 {
            run.submit(
                request(number, maxTokens: 5) { $0.promptIDs = common + [TokenID(number), 1, 2, 3, 4] }
            )
        }
        run.finish()
        #expect(tier.fetchCount == 1)
        for number in 0..<8 { #expect(run.cachedTokenCount(JobID(number)) == 48) }
    }

    @Test func `computes for others while it waits`() {
        let memory = memory(after: request(1, promptCount: 50))
        let (run, _) = start(memory, ScriptedTier.Manner(delay: 40...40))
        run.submit(request(1, promptCount: 50))
        run.submit(request(2, promptCount: 10, maxTokens: 20))
        for _ in 0..<25 { run.step() }
        #expect(run.outcome(JobID(2)).end == .length)
        #expect(run.outcome(JobID(1)).opening == nil)
        run.step()
        #expect(run.waitsForTier)
        run.finish()
        #expect(run.outcome(JobID(1)) == EngineRun.alone(request(1, promptCount: 50), Self.shape))
    }

    @Test func `gives the memory back only when nothing is under way in it any more`() {
        let memory = memory(after: request(1, promptCount: 50))
        let (run, _) = start(memory, ScriptedTier.Manner(delay: 20...20))
        let idle = run.credit
        run.submit(request(1, promptCount: 50))
        run.step()
        run.cancel(JobID(1))
        run.step()
        #expect(run.outcome(JobID(1)).end == .cancelled)
        #expect(run.hasWork && run.credit != idle)
        run.finish()
        #expect(run.credit == idle)
    }

    @Test func `ends who waits for the tier when the deadline has passed`() {
        let memory = memory(after: request(1, promptCount: 50))
        let (run, _) = start(memory, ScriptedTier.Manner(delay: 20...20))
        run.submit(request(1, promptCount: 50) { $0.deadline = Instant(microseconds: 5) })
        run.step(at: Instant(microseconds: 1))
        run.step(at: Instant(microseconds: 6))
        #expect(run.outcome(JobID(1)).end?.failure?.code == .deadlineExceeded)
        run.finish()
    }

    @Test func `computes what did not come`() {
        let request = request(1, promptCount: 50)
        let memory = memory(after: request)
        // The sixth block has gone, behind the engine's back or not.
        for (key, _) in memory.blocks where key.tokens.count == 24 { memory.blocks[key] = nil }
        let (run, _) = start(memory)
        run.submit(request)
        run.finish()
        #expect(run.outcome(request.job) == EngineRun.alone(request, Self.shape))
        #expect(run.cachedTokenCount(request.job) == 20)
    }

    @Test func `gives nothing to another scope`() {
        let memory = memory(after: request(1, promptCount: 50) { $0.scope = "ours" })
        let (run, tier) = start(memory)
        run.submit(request(1, promptCount: 50) { $0.scope = "theirs" })
        run.finish()
        #expect(tier.fetchCount == 0)
        #expect(run.cachedTokenCount(JobID(1)) == 0)
    }
}

@Suite struct `Any workload over a further tier` {
    private static let families = 4

    /// Prompts of few families, so that many begin alike.
    private func draw(_ number: Int, _ random: inout SplitMix64) -> GenerationRequest {
        let family = Int.random(in: 0..<Self.families, using: &random)
        let count = Int.random(in: 1...60, using: &random)
        let tail = (0..<Int.random(in: 0...6, using: &random)).map { _ in
            TokenID.random(in: 0..<256, using: &random)
        }
        return request(number, maxTokens: UInt32.random(in: 1...20, using: &random)) {
            $0.promptIDs = request(family, promptCount: count).promptIDs + tail
            $0.lane = Lane.allCases[Int.random(in: 0...2, using: &random)]
            $0.scope = ["", "other"][Int.random(in: 0...1, using: &random)]
            $0.sampling.temperature = Bool.random(using: &random) ? 0 : 1
            $0.sampling.seed = random.next()
        }
    }

    private func manner(_ random: inout SplitMix64) -> ScriptedTier.Manner {
        var manner = ScriptedTier.Manner()
        manner.delay = 0...Int.random(in: 0...12, using: &random)
        manner.blocksPerFault = [0, 0, 5, 30][Int.random(in: 0...3, using: &random)]
        manner.storesPerRefusal = [0, 3][Int.random(in: 0...1, using: &random)]
        return manner
    }

    @Test func `ends every job once, with the tokens of a lone run, over many restarts`() {
        var fetchedTokens: UInt64 = 0
        for seed in 0..<40 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            var shape = ScriptedModel.Shape()
            shape.blockTokens = Int.random(in: 1...8, using: &random)
            shape.contextTokens = 120
            let memory = TierMemory()
            for life in 0..<3 {
                shape.blockCount = Int.random(in: 20...80, using: &random)
                let model = ScriptedModel(shape)
                let tier = ScriptedTier(model, memory, manner(&random), seed: seed)
                var limits = EngineLimits()
                limits.rowsPerStep = Int.random(in: 1...40, using: &random)
                limits.chunkRows = Int.random(in: 0...20, using: &random)
                limits.sequences = Int.random(in: 1...12, using: &random)
                let run = EngineRun(model, limits, tier: tier, label: "seed \(seed), life \(life)")
                let idle = run.credit
                var requests: [GenerationRequest] = []
                while requests.count < 20 {
                    requests.append(draw(requests.count, &random))
                    run.submit(requests[requests.count - 1])
                    for _ in 0..<Int.random(in: 0...4, using: &random) { run.step() }
                    if Int.random(in: 0...9, using: &random) == 0 {
                        run.cancel(requests.last?.job ?? JobID(0))
                    }
                }
                run.finish()
                #expect(run.credit == idle)
                for request in requests { compare(run.outcome(request.job), request, shape, seed) }
                fetchedTokens += run.counters.fetchedTokens
            }
        }
        #expect(fetchedTokens > 5000)
    }

    private func compare(
        _ outcome: EngineRun.Outcome,
        _ request: GenerationRequest,
        _ shape: ScriptedModel.Shape,
        _ seed: UInt64
    ) {
        // Memory limits the length of an answer, so it is the same as in the run.
        let lone = EngineRun(ScriptedModel(shape), isAudited: false)
        lone.submit(request)
        lone.finish()
        let alone = lone.outcome(request.job)
        if outcome.end == .cancelled {
            #expect(alone.ids.starts(with: outcome.ids), "seed \(seed): job \(request.job)")
        } else {
            #expect(outcome == alone, "seed \(seed): job \(request.job)")
        }
    }
}
