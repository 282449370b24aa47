import Contract
import Engine
import Testing

@Suite struct `A generation` {
    @Test func `opens its stream first, on its own, and tells how long the prompt was`() {
        let run = EngineRun(ScriptedModel())
        run.submit(request(1, promptCount: 300))
        let records = run.step()
        #expect(records.count == 1)
        #expect(records.first?.opening == StreamOpening(promptTokens: 300, cachedTokens: 0))
        #expect(records.first?.ids == [])
        run.finish()
    }

    @Test func `ends at the model's end token, which is counted but not shown`() {
        var shape = ScriptedModel.Shape()
        shape.tokensPerEnd = 8
        let outcome = EngineRun.alone(request(1, maxTokens: nil), shape)
        #expect(outcome.end == .stop(sequence: nil))
        #expect(outcome.ids.last == ScriptedModel.endToken)
        #expect(outcome.text == Self.text(of: outcome.ids.dropLast()))
    }

    @Test func `goes past the end token when it is told to`() {
        var shape = ScriptedModel.Shape()
        shape.tokensPerEnd = 4
        let outcome = EngineRun.alone(request(1, maxTokens: 100) { $0.limits.ignoresEnd = true }, shape)
        #expect(outcome.end == .length)
        #expect(outcome.ids.count == 100)
        #expect(outcome.ids.contains(ScriptedModel.endToken))
    }

    @Test(arguments: [false, true]) func `ends at a stop token of its own`(ignoresEnd: Bool) {
        let free = EngineRun.alone(request(1))
        let stop = free.ids[20]
        let first = free.ids.firstIndex(of: stop) ?? 20
        let outcome = EngineRun.alone(
            request(1) {
                $0.limits.stopTokens = [stop]
                $0.limits.ignoresEnd = ignoresEnd
            }
        )
        #expect(outcome.end == .stop(sequence: nil))
        #expect(outcome.ids == Array(free.ids[...first]))
        #expect(outcome.text == Self.text(of: free.ids[..<first]))
    }

    @Test func `ends at a stop string and names it`() {
        let free = EngineRun.alone(request(1))
        let stop = Self.text(of: free.ids[12...15])
        let outcome = EngineRun.alone(request(1) { $0.limits.stop = ["never this", stop] })
        #expect(outcome.end == .stop(sequence: stop))
        #expect(outcome.ids == Array(free.ids[...15]))
        #expect(outcome.text == Self.text(of: free.ids[..<12]))
    }

    @Test func `shows what it held back for a stop string when it ends otherwise`() {
        let free = EngineRun.alone(request(1))
        let outcome = EngineRun.alone(request(1) { $0.limits.stop = [String(free.text.suffix(5)) + "\u{1}"] })
        #expect(outcome == free)
    }

    @Test func `ends at its limit of tokens`() {
        let outcome = EngineRun.alone(request(1, maxTokens: 7))
        #expect(outcome.ids.count == 7)
        #expect(outcome.end == .length)
    }

    @Test func `of no tokens ends at once`() {
        let run = EngineRun(ScriptedModel())
        run.submit(request(1, maxTokens: 0))
        run.step()
        #expect(run.outcome(JobID(1)).end == .length)
        #expect(run.outcome(JobID(1)).ids == [])
        #expect(run.outcome(JobID(1)).opening?.promptTokens == 10)
        #expect(!run.hasWork)
    }

    @Test(arguments: [(64, 1000), (1000, 4)])
    func `ends where the context or the memory ends`(contextTokens: Int, blockCount: Int) {
        var shape = ScriptedModel.Shape()
        (shape.contextTokens, shape.blockCount) = (contextTokens, blockCount)
        let run = EngineRun(ScriptedModel(shape))
        run.submit(request(1, promptCount: 10, maxTokens: nil))
        run.submit(request(2, promptCount: 63, maxTokens: 100))
        run.finish()
        #expect(run.outcome(JobID(1)).ids.count == 54)
        #expect(run.outcome(JobID(1)).end == .length)
        #expect(run.outcome(JobID(2)).ids.count == 1)
        #expect(run.outcome(JobID(2)).end == .length)
    }

    @Test func `fails with the numbers when its prompt is too long`() {
        var shape = ScriptedModel.Shape()
        (shape.contextTokens, shape.blockCount) = (100, 4)
        let run = EngineRun(ScriptedModel(shape))
        run.submit(request(1, promptCount: 100))
        run.submit(request(2, promptCount: 64))
        run.step()
        let context = run.outcome(JobID(1)).end?.failure
        let memory = run.outcome(JobID(2)).end?.failure
        #expect(context?.code == .contextExceeded)
        #expect(context?.detail.contains("100") == true)
        #expect(memory?.code == .memoryExceeded)
        #expect(memory?.detail.contains("64") == true)
        #expect(run.outcome(JobID(1)).opening == nil)
        #expect(!run.hasWork)
    }

    @Test func `fails when its tokens make no sense`() {
        let run = EngineRun(ScriptedModel())
        run.submit(request(1, promptCount: 0))
        run.submit(request(2) { $0.promptIDs[3] = 257 })
        run.submit(request(3) { $0.committed = [1, .max] })
        run.step()
        #expect(
            (1...3).map { run.outcome(JobID($0)).end?.failure?.code }
                == Array(repeating: .invalidRequest, count: 3)
        )
        #expect(run.outcome(JobID(2)).end?.failure?.detail.contains("prompt[3]") == true)
        #expect(run.outcome(JobID(3)).end?.failure?.detail.contains("committed[1]") == true)
    }

    @Test func `fails when its stop strings are out of all proportion`() {
        let run = EngineRun(ScriptedModel())
        run.submit(request(1) { $0.limits.stop = ["a", String(repeating: "b", count: 1 << 16)] })
        run.step()
        #expect(run.outcome(JobID(1)).end?.failure?.code == .invalidRequest)
        #expect(run.outcome(JobID(1)).end?.failure?.detail.contains("65537") == true)
    }

    @Test func `is cancelled within one step, running or waiting`() {
        var limits = EngineLimits()
        limits.sequences = 1
        let run = EngineRun(ScriptedModel(), limits)
        run.submit(request(1))
        run.submit(request(2))
        for _ in 0..<3 { run.step() }
        run.cancel(JobID(1))
        run.cancel(JobID(2))
        run.cancel(JobID(3))
        run.step()
        #expect(run.outcome(JobID(1)).end == .cancelled)
        #expect(run.outcome(JobID(1)).ids.count == 3)
        #expect(run.outcome(JobID(2)).end == .cancelled)
        #expect(run.outcome(JobID(2)).opening == nil)
        #expect(run.outcomes.count == 2)
        #expect(!run.hasWork)
    }

    @Test func `fails at its deadline, running or waiting`() {
        var limits = EngineLimits()
        limits.sequences = 1
        let run = EngineRun(ScriptedModel(), limits)
        for number in 1...2 { run.submit(request(number) { $0.deadline = Instant(microseconds: 1000) }) }
        run.step(at: Instant(microseconds: 998))
        run.step(at: Instant(microseconds: 999))
        run.step(at: Instant(microseconds: 1000))
        #expect(run.outcome(JobID(1)).ids.count == 2)
        for number in 1...2 {
            #expect(run.outcome(JobID(number)).end?.failure?.code == .deadlineExceeded)
        }
        #expect(!run.hasWork)
    }

    @Test func `is not taken twice`() {
        let run = EngineRun(ScriptedModel())
        run.submit(request(1))
        run.submit(request(1))
        run.step()
        run.submit(request(1))
        run.submit(request(1) { $0.attempt = Attempt.first.next })
        run.finish()
        #expect(run.outcomes.count == 2)
        #expect(run.outcome(JobID(1)).ids == run.outcome(JobID(1), Attempt.first.next).ids)
    }

    @Test func `fails at once when too many wait`() {
        var limits = EngineLimits()
        (limits.sequences, limits.waiting) = (1, 2)
        let run = EngineRun(ScriptedModel(), limits)
        for number in 1...3 { run.submit(request(number)) }
        run.finish()
        #expect(run.outcome(JobID(3)).end?.failure?.code == .laneFull)
        #expect(run.outcome(JobID(2)).end == .length)
    }

    @Test func `goes on from nothing when its committed ids hold the end already`() {
        let free = EngineRun.alone(request(1))
        let stop = Self.text(of: free.ids[12...15])
        let ended: [(GenerationRequest, StreamEnd)] = [
            (request(1) { $0.committed = free.ids }, .length),
            (request(1) { $0.committed = [65, ScriptedModel.endToken] }, .stop(sequence: nil)),
            (
                request(1) {
                    $0.committed = Array(free.ids[...20])
                    $0.limits.stop = [stop]
                }, .stop(sequence: stop)
            ),
        ]
        for (request, end) in ended {
            let outcome = EngineRun.alone(request)
            #expect(outcome.end == end)
            #expect(outcome.start == UInt32(request.committed.count))
            #expect(outcome.ids == [])
            #expect(outcome.text == "")
        }
    }

    private static func text(of ids: some Sequence<TokenID>) -> String {
        String(decoding: ids.compactMap { UInt8(exactly: $0) }, as: UTF8.self)
    }
}
