import Contract
import Engine
import Testing

@Suite struct `A low sequence that stands aside` {
    private static let shape: ScriptedModel.Shape = {
        var shape = ScriptedModel.Shape()
        shape.blockTokens = 4
        return shape
    }()

    private static func low(_ number: Int, maxTokens: UInt32 = 40) -> GenerationRequest {
        request(number, promptCount: 5 + number * 9 % 20, maxTokens: maxTokens) {
            $0.lane = .low
            $0.sampling.temperature = number % 2 == 0 ? 0 : 0.9
            $0.sampling.seed = UInt64(number)
            $0.limits.ignoresEnd = true
        }
    }

    private static func high(_ number: Int, promptCount: Int = 7) -> GenerationRequest {
        request(100 + number, promptCount: promptCount, maxTokens: 12) {
            $0.lane = .high
            $0.limits.ignoresEnd = true
        }
    }

    private static func limits(_ sequences: Int = 2) -> EngineLimits {
        var limits = EngineLimits()
        limits.sequences = sequences
        limits.speculation.source = .off
        limits.tokensBetweenPauses = 4
        return limits
    }

    private func check(_ run: EngineRun, _ requests: [GenerationRequest], _ label: String) {
        for request in requests {
            #expect(
                run.outcome(request.job) == EngineRun.alone(request, Self.shape),
                "\(label): \(request.job)"
            )
        }
    }

    @Test func `gives the same tokens whenever it does so`() {
        let lows = [Self.low(1), Self.low(2)]
        for place in 0..<45 {
            let run = EngineRun(ScriptedModel(Self.shape), Self.limits(), label: "at \(place)")
            for low in lows { run.submit(low) }
            for _ in 0..<place { run.step() }
            let high = Self.high(place)
            run.submit(high)
            run.step()
            // Whatever runs, the high one takes part in the very next step.
            #expect(!run.outcome(high.job).ids.isEmpty, "at \(place)")
            run.finish()
            check(run, lows + [high], "at \(place)")
            if place > 0, place < 38 { #expect(run.counters.pauses == 1, "at \(place)") }
        }
    }

    @Test(arguments: [14, 18, 24]) func `gives the same tokens when it loses its memory too`(blocks: Int) {
        var shape = Self.shape
        shape.blockCount = blocks
        var lost: UInt64 = 0
        for place in stride(from: 1, to: 40, by: 3) {
            let run = EngineRun(ScriptedModel(shape), Self.limits(), label: "at \(place)")
            let lows = [Self.low(1, maxTokens: 24), Self.low(2, maxTokens: 24)]
            for low in lows { run.submit(low) }
            for _ in 0..<place { run.step() }
            let highs = [Self.high(place, promptCount: 30), Self.high(50 + place, promptCount: 20)]
            for high in highs { run.submit(high) }
            run.finish()
            check(run, lows + highs, "at \(place)")
            lost += run.counters.preemptions
        }
        #expect(lost > 0)
    }

    @Test func `gives the same tokens when the tier has its memory`() {
        var shape = Self.shape
        shape.blockCount = 16
        var swapped: UInt64 = 0
        var fetched: UInt64 = 0
        for place in stride(from: 4, to: 24, by: 3) {
            let model = ScriptedModel(shape)
            let tier = ScriptedTier(model, TierMemory(), ScriptedTier.Manner(delay: 0...2), seed: 1)
            let run = EngineRun(model, Self.limits(), tier: tier, label: "at \(place)")
            let lows = [Self.low(1, maxTokens: 24), Self.low(2, maxTokens: 24)]
            for low in lows { run.submit(low) }
            for _ in 0..<place { run.step() }
            let highs = [Self.high(place, promptCount: 40), Self.high(50 + place, promptCount: 40)]
            for high in highs { run.submit(high) }
            run.finish()
            check(run, lows + highs, "at \(place)")
            swapped += run.counters.swaps
            fetched += run.counters.fetchedTokens
        }
        #expect(swapped > 0)
        #expect(fetched > 0)
    }

    @Test func `is the one that has computed least`() {
        let run = EngineRun(ScriptedModel(Self.shape), Self.limits())
        let (first, second, high) = (Self.low(1), Self.low(2), Self.high(1))
        run.submit(first)
        for _ in 0..<20 { run.step() }
        run.submit(second)
        run.step()
        run.step()
        let before = (run.outcome(first.job).ids.count, run.outcome(second.job).ids.count)
        run.submit(high)
        run.step()
        run.step()
        #expect(run.outcome(first.job).ids.count == before.0 + 2)
        #expect(run.outcome(second.job).ids.count == before.1)
        run.finish()
        check(run, [first, second, high], "")
    }

    @Test func `goes on before those of its lane that came later`() {
        let run = EngineRun(ScriptedModel(Self.shape), Self.limits(1))
        let (first, later, high) = (Self.low(1), Self.low(2), Self.high(1))
        run.submit(first)
        for _ in 0..<5 { run.step() }
        run.submit(later)
        run.submit(high)
        while run.outcome(high.job).end == nil { run.step() }
        run.step()
        #expect(run.outcome(first.job).ids.count > 5)
        #expect(run.outcome(later.job).ids.isEmpty)
        run.finish()
        check(run, [first, later, high], "")
    }

    @Test func `does so twice at most, and not again at once`() {
        var limits = Self.limits(1)
        limits.tokensBetweenPauses = 10
        let run = EngineRun(ScriptedModel(Self.shape), limits)
        let low = Self.low(1, maxTokens: 100)
        run.submit(low)
        run.step()
        run.step()
        var highs: [GenerationRequest] = []
        for number in 0..<5 {
            highs.append(Self.high(number))
            run.submit(highs[number])
            for _ in 0..<14 { run.step() }
        }
        run.finish()
        #expect(run.counters.pauses == 2)
        check(run, highs + [low], "")
    }

    @Test func `waits no longer than its limit while places become free`() {
        var limits = Self.limits(1)
        limits.longestPause = .seconds(1)
        limits.pausesPerSequence = 1
        let run = EngineRun(ScriptedModel(Self.shape), limits)
        let low = Self.low(1, maxTokens: 10)
        run.submit(low)
        run.step()
        let highs = (0..<20).map { Self.high($0) }
        for high in highs { run.submit(high) }
        var now = Instant.zero
        while run.outcome(low.job).end == nil, run.hasWork {
            now = now + .milliseconds(50)
            run.step(at: now)
        }
        // Each high one takes 12 steps of 50 ms: it had to let two of them pass, and not twenty.
        #expect(highs.count { run.outcome($0.job).end != nil } == 2)
        run.finish()
        check(run, highs + [low], "")
    }

    @Test func `ends at its deadline, or when it is cancelled, while it stands aside`() {
        let run = EngineRun(ScriptedModel(Self.shape), Self.limits(2))
        var first = Self.low(1)
        first.deadline = .zero + .seconds(1)
        let second = Self.low(2)
        run.submit(first)
        run.submit(second)
        for _ in 0..<3 { run.step() }
        let highs = [Self.high(1), Self.high(2)]
        for high in highs { run.submit(high) }
        run.step()
        #expect(run.counters.paused == 2)
        run.cancel(second.job)
        run.step(at: .zero + .seconds(1))
        #expect(run.outcome(first.job).end?.failure?.code == .deadlineExceeded)
        #expect(run.outcome(second.job).end == .cancelled)
        #expect(run.counters.paused == 0)
        run.finish()
        check(run, highs, "")
    }
}
