import Testing
import Transformer

@Suite struct `A model` {
    private static let tolerance: Float = 2e-4

    @Test(arguments: Fixture.all) func `computes the logits of the reference implementation`(
        fixture: Fixture
    ) throws {
        let model = try fixture.model()
        for prompt in try fixture.expected().prompts {
            let logits = try model.logits(of: prompt.ids)
            for (position, expected) in try prompt.rows() {
                let row = logits[position * model.vocabularySize..<(position + 1) * model.vocabularySize]
                #expect(distance(row, expected) <= Self.tolerance, "\(prompt.name), position \(position)")
            }
        }
    }

    @Test(arguments: Fixture.included) func `computes them in plain C as well`(fixture: Fixture) throws {
        let model = try fixture.model(.init(memory: .blocks(64), kv: .f32, kernels: .portable))
        #expect(model.kernelPath == "portable")
        for prompt in try fixture.expected().prompts {
            let logits = try model.logits(of: prompt.ids)
            let expected = try prompt.rows()[0].logits
            #expect(
                distance(logits.suffix(model.vocabularySize), expected) <= Self.tolerance,
                "\(prompt.name)"
            )
        }
    }

    @Test(arguments: Fixture.all) func `picks the tokens of the reference implementation`(
        fixture: Fixture
    ) throws {
        let model = try fixture.model()
        for prompt in try fixture.expected().prompts {
            let greedy = try model.greedy(after: prompt.ids, count: prompt.greedy.count)
            // Where two tokens are closer than both tolerances, either is right, and what follows differs.
            let doubtful =
                prompt.greedyMargins.firstIndex { $0 < Double(2 * Self.tolerance) } ?? prompt.greedy.count
            #expect(greedy.prefix(doubtful) == prompt.greedy.prefix(doubtful), "\(prompt.name)")
        }
    }

    @Test(arguments: Fixture.included) func `stays close to it with keys and values in 16 bits`(
        fixture: Fixture
    ) throws {
        let model = try fixture.model(.init(memory: .blocks(64), kv: .f16))
        for prompt in try fixture.expected().prompts {
            let logits = try model.logits(of: prompt.ids)
            let expected = try prompt.rows()[0].logits
            #expect(distance(logits.suffix(model.vocabularySize), expected) <= 0.15, "\(prompt.name)")
        }
    }
}
