import Contract
import Engine
import Testing

@Suite struct `The credit of an engine` {
    @Test func `is what is left behind everything that was submitted`() {
        var limits = EngineLimits()
        (limits.sequences, limits.tokensSetAside) = (3, 64)
        let run = EngineRun(ScriptedModel(), limits)
        #expect(run.credit == EngineCredit(freeSequences: 3, freeTokens: 16 * 1024))
        run.submit(request(1, promptCount: 10, maxTokens: 100))
        #expect(run.credit == EngineCredit(freeSequences: 2, freeTokens: 16 * (1024 - 5)))
        run.step()
        #expect(run.credit.freeSequences == 2)
        for number in 2...4 { run.submit(request(number, promptCount: 10, maxTokens: 1)) }
        #expect(run.credit.freeSequences == 0)
        run.finish()
        #expect(run.credit == EngineCredit(freeSequences: 3, freeTokens: 16 * 1024))
    }

    @Test func `counts blocks that are shared once, and cached ones as free`() {
        var limits = EngineLimits()
        limits.tokensSetAside = 0
        let run = EngineRun(ScriptedModel(), limits)
        for number in 0..<3 {
            run.submit(request(0, promptCount: 321, maxTokens: 20) { $0.job = JobID(number) })
        }
        for _ in 0..<6 { run.step() }
        // 20 full blocks together, and a last one of each.
        #expect(run.credit.freeTokens == 16 * (1024 - 23))
        run.finish()
        #expect(run.credit.freeTokens == 16 * 1024)
        #expect(run.counters.cachedBlocks > 20)
    }

    @Test func `goes along with counts of what was done`() {
        let run = EngineRun(ScriptedModel())
        run.submit(request(1, promptCount: 10, maxTokens: 5))
        run.submit(request(2, promptCount: 20, maxTokens: 3))
        run.step()
        #expect(run.counters.running == 2)
        run.finish()
        #expect(run.counters.steps == 5)
        #expect(run.counters.promptTokens == 30)
        #expect(run.counters.generatedTokens == 8)
        #expect(run.counters.preemptions == 0)
        #expect(run.counters.reusedTokens == 0)
        #expect(run.counters.usedBlocks == 0)
        #expect(run.counters.cachedBlocks == 3)
        run.submit(request(1, promptCount: 10, maxTokens: 1) { $0.job = JobID(3) })
        run.step()
        #expect(run.counters.reusedTokens == 9)
        #expect(run.counters.promptTokens == 31)
    }
}
