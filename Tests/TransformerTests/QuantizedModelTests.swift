import Contract
import TestSupport
import Testing
import Transformer

private let tolerance: Float = 2e-4

@Suite(.enabled(if: SharedFixtures.has("gguf"), "../shared/fixtures is absent"))
struct `A model with packed weights` {
    static let fixtures =
        [
            "qwen3-tiny-F16", "qwen3-tiny-BF16", "qwen3-tiny-Q8_0", "qwen3-tiny-Q4_0", "qwen3-256-Q4_K_M",
            "qwen3-256-Q6_K",
        ].map { Fixture(gguf: $0) }
        + ["qwen3-tiny-mlx-4bit", "qwen3-256-mlx-4bit"].map { Fixture(shared: $0) }

    @Test(arguments: fixtures)
    func `computes the logits and tokens of exact arithmetic on them`(fixture: Fixture) throws {
        let model = try fixture.model()
        for prompt in try fixture.expected().prompts {
            let logits = try model.logits(of: prompt.ids)
            let expected = try prompt.rows()[0].logits
            #expect(distance(logits.suffix(model.vocabularySize), expected) <= tolerance, "\(prompt.name)")
            let greedy = try model.greedy(after: prompt.ids, count: prompt.greedy.count)
            let doubtful = prompt.greedyMargins.firstIndex { $0 < Double(2 * tolerance) } ?? greedy.count
            #expect(greedy.prefix(doubtful) == prompt.greedy.prefix(doubtful), "\(prompt.name)")
        }
    }

    @Test(arguments: [("qwen3-256-Q6_K", 2), ("qwen3-256-Q4_K_M", 3)])
    func `computes the same bits on any number of threads, in any pieces`(
        name: String,
        threads: Int
    ) throws {
        let fixture = Fixture(gguf: name)
        let ids = Array(try fixture.expected().ids("long").prefix(100))
        let whole = bits(try fixture.model().logits(of: ids))
        let options = TransformerOptions(
            memory: .blocks(64),
            kv: .f32,
            threads: threads,
            activations: .exact
        )
        #expect(bits(try fixture.model(options).logits(of: ids, chunk: 7)) == whole)
    }

    @Test(arguments: fixtures) func `stays near them when it rounds what they are multiplied with`(
        fixture: Fixture
    ) throws {
        let model = try fixture.model(.init(memory: .blocks(64), kv: .f32))
        let prompt = try #require(fixture.expected().prompts.first { $0.name == "sentence" })
        let logits = try model.logits(of: prompt.ids)
        #expect(cosine(logits.suffix(model.vocabularySize), try prompt.rows()[0].logits) > 0.999)
        let other = try fixture.model(.init(memory: .blocks(64), blockTokens: 5, kv: .f32, threads: 3))
        #expect(bits(try other.logits(of: prompt.ids, chunk: 3)) == bits(logits))
    }

    @Test func `from GGUF and from safetensors gives the same tokens for the same weights`() throws {
        let left = Fixture(gguf: "qwen3-tiny-BF16"), right = Fixture(shared: "qwen3-tiny")
        let ids = try right.expected().ids("sentence")
        #expect(bits(try left.model().logits(of: ids)) == bits(try right.model().logits(of: ids)))
        #expect(
            try left.model().greedy(after: ids, count: 32) == right.model().greedy(after: ids, count: 32)
        )
    }
}

@Suite struct `A model that is rounded while it is loaded` {
    @Test(.enabled(if: SharedFixtures.has("gguf"), "../shared/fixtures is absent"), arguments: [1, 2])
    func `is the one that was rounded before`(threads: Int) throws {
        let ids = try Fixture(shared: "qwen3-tiny").expected().ids("sentence")
        let options = TransformerOptions(
            memory: .blocks(64),
            kv: .f32,
            threads: threads,
            activations: .exact,
            quantization: .q8
        )
        let rounded = try Fixture(shared: "qwen3-tiny").model(options).logits(of: ids)
        #expect(bits(rounded) == bits(try Fixture(gguf: "qwen3-tiny-Q8_0").model().logits(of: ids)))
    }

    @Test(arguments: Fixture.included, [WeightQuantization.q8, .q4])
    func `stays near what it was`(fixture: Fixture, quantization: WeightQuantization) throws {
        let ids = try fixture.expected().ids("sentence")
        let plain = try fixture.model().logits(of: ids)
        let options = TransformerOptions(
            memory: .blocks(64),
            kv: .f32,
            activations: .exact,
            quantization: quantization
        )
        let moved = distance(try fixture.model(options).logits(of: ids), plain)
        #expect(moved > 0 && moved < (quantization == .q8 ? 0.5 : 6), "\(moved)")
    }

    @Test(arguments: FamilyFixture.all) func `stays near what it was in every family`(
        fixture: FamilyFixture
    ) throws {
        let (kind, cases) = try fixture.expected()
        guard kind == .logits, let ids = cases.first?.input.ids else { return }
        let exact = TransformerOptions(memory: .blocks(64), kv: .f32, activations: .exact)
        let plain = try TransformerModel(source: fixture.source, options: exact).logits(of: ids)
        let options = TransformerOptions(memory: .blocks(64), kv: .f32, quantization: .q8)
        let rounded = try TransformerModel(source: fixture.source, options: options).logits(of: ids)
        #expect(cosine(rounded, plain) > 0.99)
    }

    @Test(arguments: Fixture.included) func `says how far it is`(fixture: Fixture) throws {
        var fractions: [Double] = []
        let options = TransformerOptions(memory: .blocks(1), quantization: .q8)
        _ = try fixture.model(options) { fractions.append($0) }
        #expect(fractions == fractions.sorted() && fractions.count > 10)
        #expect(fractions.allSatisfy { (0...1).contains($0) } && fractions.last.map { $0 > 0.95 } == true)
    }
}
