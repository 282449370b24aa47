import Testing
import Transformer

@Suite struct `An embedding model` {
    @Test(
        .enabled(if: !EmbeddingFixture.shared.isEmpty, "../shared/fixtures is absent"),
        arguments: EmbeddingFixture.shared
    )
    func `computes the vectors of the reference implementation`(fixture: EmbeddingFixture) throws {
        for kernels in [TransformerOptions.KernelSet.fastest, .portable] {
            let model = try fixture.model(.init(memory: .blocks(1), kernels: kernels))
            for (index, (input, expected)) in try fixture.cases().enumerated() {
                let vector = try model.embed([input])[0]
                #expect(vector.count == model.dimension)
                #expect(distance(vector, expected) <= 2e-6, "text \(index)")
            }
        }
    }

    @Test(
        .enabled(if: !EmbeddingFixture.shared.isEmpty, "../shared/fixtures is absent"),
        arguments: EmbeddingFixture.shared
    )
    func `gives the same bits for a text in any company`(fixture: EmbeddingFixture) throws {
        let model = try fixture.model(), inputs = try fixture.cases().map(\.input)
        let alone = try inputs.map { bits(try model.embed([$0])[0]) }
        for threads in [1, 3] {
            let model = try fixture.model(.init(memory: .blocks(1), threads: threads))
            let together = try model.embed(inputs + inputs.reversed())
            #expect(together.map { bits($0) } == alone + alone.reversed(), "\(threads) threads")
        }
    }
}
