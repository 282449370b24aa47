import Testing
import Transformer

private let tolerance: Float = 2e-4

@Suite struct `A model` {
    @Test(arguments: Fixture.included)
    func `computes the logits of the reference implementation`(fixture: Fixture) throws {
        try expectReferenceLogits(fixture)
    }

    @Test(arguments: Fixture.included)
    func `picks the tokens of the reference implementation`(fixture: Fixture) throws {
        try expectReferenceTokens(fixture)
    }

    @Test(.enabled(if: !Fixture.shared.isEmpty, "../shared/fixtures is absent"), arguments: Fixture.shared)
    func `agrees with it on further families and types`(fixture: Fixture) throws {
        try expectReferenceLogits(fixture)
        try expectReferenceTokens(fixture)
    }

    @Test(arguments: Fixture.included)
    func `agrees with it in plain C as well`(fixture: Fixture) throws {
        let model = try fixture.model(.init(memory: .blocks(64), kv: .f32, kernels: .portable))
        #expect(model.kernelPath == "portable")
        try expectLastLogits(of: model, fixture, within: tolerance)
    }

    @Test(arguments: Fixture.included, [TransformerOptions.KVType.f16, .q8])
    func `stays close to it with keys and values in 16 and 8 bits`(
        fixture: Fixture,
        kv: TransformerOptions.KVType
    ) throws {
        let model = try fixture.model(.init(memory: .blocks(64), kv: kv))
        try expectLastLogits(of: model, fixture, within: kv == .f16 ? 0.15 : 0.4)
    }

    private func expectReferenceLogits(_ fixture: Fixture) throws {
        let model = try fixture.model()
        for prompt in try fixture.expected().prompts {
            let logits = try model.logits(of: prompt.ids)
            for (position, expected) in try prompt.rows() {
                let row = logits[position * model.vocabularySize..<(position + 1) * model.vocabularySize]
                #expect(distance(row, expected) <= tolerance, "\(prompt.name), position \(position)")
            }
        }
    }

    private func expectReferenceTokens(_ fixture: Fixture) throws {
        let model = try fixture.model()
        for prompt in try fixture.expected().prompts {
            let greedy = try model.greedy(after: prompt.ids, count: prompt.greedy.count)
            // Where two tokens are closer than both tolerances, either is right, and what follows differs.
            let doubtful = prompt.greedyMargins.firstIndex { $0 < Double(2 * tolerance) } ?? greedy.count
            #expect(greedy.prefix(doubtful) == prompt.greedy.prefix(doubtful), "\(prompt.name)")
        }
    }

    private func expectLastLogits(of model: TransformerModel, _ fixture: Fixture, within limit: Float) throws
    {
        for prompt in try fixture.expected().prompts {
            let logits = try model.logits(of: prompt.ids)
            let expected = try prompt.rows()[0].logits
            #expect(distance(logits.suffix(model.vocabularySize), expected) <= limit, "\(prompt.name)")
        }
    }
}
