import Contract
import Engine
import Testing

@Suite struct `Prompts that arrive together and begin alike` {
    private static let beginning = (0..<99).map { TokenID($0) }

    private static func run(blockTokens: Int, _ change: (inout EngineLimits) -> Void = { _ in }) -> EngineRun
    {
        var shape = ScriptedModel.Shape()
        shape.blockTokens = blockTokens
        var limits = EngineLimits()
        change(&limits)
        return EngineRun(ScriptedModel(shape), limits, label: "blocks of \(blockTokens)")
    }

    /// Eight clients with one system prompt: the same beginning, then something of their own.
    private static func clients(_ count: Int = 8) -> [GenerationRequest] {
        (0..<count).map { number in
            request(number, maxTokens: 6) {
                $0.promptIDs = beginning + (0...number).map { TokenID(200 + $0 + number) }
            }
        }
    }

    @Test(arguments: [1, 4, 16, 64], [0, 7, 128])
    func `compute the common part once`(blockTokens: Int, chunk: Int) {
        let run = Self.run(blockTokens: blockTokens) { $0.chunkRows = chunk }
        let clients = Self.clients()
        for client in clients { run.submit(client) }
        run.finish()
        for client in clients { #expect(run.outcome(client.job) == EngineRun.alone(client)) }
        let own = clients.reduce(0) { $0 + $1.promptIDs.count - 99 }
        // What does not fill a block is computed by each, or copied where the first one is far enough.
        let rest = 99 % blockTokens
        let computed = Int(run.counters.promptTokens)
        #expect(computed >= 99 + own && computed <= 99 + own + 7 * rest, "\(computed) rows")
    }

    @Test(arguments: [1, 4, 16, 64]) func `compute the prompt of all choices once`(blockTokens: Int) {
        let run = Self.run(blockTokens: blockTokens)
        let choices = (0..<8).map { choice in
            request(choice, maxTokens: 12) {
                $0.promptIDs = Self.beginning
                $0.sampling.temperature = 1
                $0.sampling.choice = UInt32(choice)
            }
        }
        for choice in choices { run.submit(choice) }
        run.finish()
        for choice in choices { #expect(run.outcome(choice.job) == EngineRun.alone(choice)) }
        #expect(Set(choices.map { run.outcome($0.job).text }).count == 8)
        // Each needs one row of its own: the logits of the last token.
        #expect(run.counters.promptTokens == 99 + 7)
        #expect(run.counters.reusedTokens == 7 * 98)
        #expect((1..<8).allSatisfy { run.cachedTokenCount(JobID($0)) == 98 })
        #expect(run.cachedTokenCount(JobID(0)) == 0)
    }

    @Test func `do not wait for a block longer than for the one who computes it`() {
        let run = Self.run(blockTokens: 4) { $0.chunkRows = 16 }
        for client in Self.clients() { run.submit(client) }
        var steps = 0
        while (0..<8).contains(where: { run.outcome(JobID($0)).ids.isEmpty }) {
            run.step()
            steps += 1
        }
        // Seven chunks of the first one; what the others have of their own goes along with the last.
        #expect(steps == 7)
    }

    @Test(arguments: [1, 3, 5]) func `go on when the one who computes is cancelled`(step: Int) {
        let run = Self.run(blockTokens: 4) { $0.chunkRows = 16 }
        let clients = Self.clients(4)
        for client in clients { run.submit(client) }
        for _ in 0..<step { run.step() }
        run.cancel(JobID(0))
        run.step()
        run.cancel(JobID(1))
        run.finish()
        for client in clients.dropFirst(2) { #expect(run.outcome(client.job) == EngineRun.alone(client)) }
        // What the first ones computed is not lost with them.
        #expect(run.counters.promptTokens <= 99 + 2 + 3 + 4 + 16)
    }

    @Test func `of another tenant compute their own`() {
        let run = Self.run(blockTokens: 4)
        for number in 0..<2 {
            run.submit(
                request(number) { [beginning = Self.beginning] in
                    $0.promptIDs = beginning
                    $0.scope = "\(number)"
                }
            )
        }
        run.finish()
        #expect(run.counters.promptTokens == 2 * 99)
    }

    @Test func `compute it each for itself where the cache is off`() {
        let run = Self.run(blockTokens: 4) { $0.sharesPrefixes = false }
        let clients = Self.clients()
        for client in clients { run.submit(client) }
        run.finish()
        for client in clients { #expect(run.outcome(client.job) == EngineRun.alone(client)) }
        #expect(run.counters.promptTokens == UInt64(clients.reduce(0) { $0 + $1.promptIDs.count }))
    }
}
