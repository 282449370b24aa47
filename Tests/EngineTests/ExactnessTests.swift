import Contract
import Engine
import Testing

@Suite struct `A token` {
    private static let shape: ScriptedModel.Shape = {
        var shape = ScriptedModel.Shape()
        shape.blockTokens = 4
        shape.tokensPerEnd = 60
        return shape
    }()

    /// Greedy and sampled ones with every kind of state, and prompts of many lengths.
    private static func requests(_ count: Int) -> [GenerationRequest] {
        (0..<count).map { number in
            request(number, promptCount: 1 + number * 37 % 150, maxTokens: UInt32(10 + number * 11 % 40)) {
                guard number % 3 > 0 else { return }
                $0.sampling.temperature = 0.9
                $0.sampling.seed = UInt64(number)
                $0.sampling.topP = number % 2 == 0 ? 0.9 : 1
                $0.sampling.repetitionPenalty = number % 3 == 1 ? 1.1 : 1
                $0.sampling.frequencyPenalty = 0.2
                $0.limits.stop = ["e", "qu"].map { $0 + String(number % 7) }
            }
        }
    }

    @Test(arguments: [1, 2, 7, 16], [1, 16, 64, 0])
    func `is the same in any batch, chunk and budget`(batch: Int, chunk: Int) {
        let requests = Self.requests(16)
        let alone = requests.map { EngineRun.alone($0, Self.shape) }
        #expect(Set(alone.map(\.text)).count == requests.count)
        for rows in [3, 256] {
            var limits = EngineLimits()
            (limits.sequences, limits.chunkRows, limits.rowsPerStep) = (batch, chunk, rows)
            let run = EngineRun(ScriptedModel(Self.shape), limits, label: "\(rows) rows")
            for request in requests { run.submit(request) }
            run.finish()
            #expect(requests.map { run.outcome($0.job) } == alone, "\(rows) rows")
        }
    }

    @Test(arguments: [48, 60, 100]) func `is the same when memory is short and work is redone`(blocks: Int) {
        let requests = Self.requests(16)
        var shape = Self.shape
        shape.blockCount = blocks
        let run = EngineRun(ScriptedModel(shape))
        for request in requests { run.submit(request) }
        run.finish()
        for request in requests {
            #expect(run.outcome(request.job) == EngineRun.alone(request, Self.shape))
        }
        #expect(run.counters.preemptions > 0)
    }

    @Test(arguments: [1, 4, 5, 8]) func `is the same when another attempt continues at any position`(
        number: Int
    ) {
        let whole = Self.requests(9)[number]
        let undisturbed = EngineRun.alone(whole, Self.shape)
        for position in 0...undisturbed.ids.count {
            var run = EngineRun(ScriptedModel(Self.shape))
            run.submit(whole)
            var shown = EngineRun.Outcome()
            while shown.ids.count < position {
                run.step()
                shown = run.outcome(whole.job)
            }
            var rest = whole
            rest.attempt = Attempt.first.next
            rest.committed = shown.ids
            run = EngineRun(ScriptedModel(Self.shape))
            run.submit(rest)
            run.finish()
            let continued = run.outcome(rest.job, rest.attempt)
            #expect(continued.start == UInt32(position))
            #expect(shown.ids + continued.ids == undisturbed.ids, "from \(position)")
            #expect(shown.text + continued.text == undisturbed.text, "from \(position)")
            #expect(continued.end == undisturbed.end, "from \(position)")
            #expect(continued.opening == undisturbed.opening)
        }
    }
}
