import CAllocations
import Contract
import KVCache
import TestSupport
import Testing
import Transformer

@Suite(.enabled(if: allocations_are_counted() != 0, "a sanitizer counts instead"))
struct `A step of a size that was seen before` {
    static let fixtures =
        Fixture.included + Fixture.shared
        + (SharedFixtures.has("gguf")
            ? [Fixture(gguf: "qwen3-256-Q4_K_M"), Fixture(gguf: "qwen3-tiny-Q8_0")] : [])

    @Test(arguments: fixtures, [1, 2]) func `asks for no memory`(fixture: Fixture, threads: Int) throws {
        let model = try fixture.model(.init(memory: .blocks(64), threads: threads))
        try expectNoAllocation(model, "")
    }

    @Test(arguments: FamilyFixture.all) func `asks for none in any family`(fixture: FamilyFixture) throws {
        guard try fixture.expected().kind == .logits else { return }
        let options = TransformerOptions(memory: .blocks(64))
        try expectNoAllocation(TransformerModel(source: fixture.source, options: options), "")
    }

    /// Three sequences, of which one brings several rows.
    private func expectNoAllocation(_ model: TransformerModel, _ label: String) throws {
        let steps = (0..<10).map { step in
            var input = ForwardInput()
            for index in 0..<3 {
                let rows = index == 2 ? 6 : 1
                for row in 0..<rows { input.tokens.append(TokenID((step + row) % model.vocabularySize)) }
                let blocks = (0..<4).map { BlockID(rawValue: UInt32(index * 4 + $0)) }
                input.spans.append(
                    .init(rowCount: rows, computed: step * rows, blocks: blocks, wanted: .last)
                )
            }
            return input
        }
        var logits: [Float] = []
        try model.forward(steps[0], into: &logits)
        try model.forward(steps[1], into: &logits)
        let before = allocations_of_this_thread()
        for index in 2..<steps.count { try model.forward(steps[index], into: &logits) }
        #expect(allocations_of_this_thread() - before == 0, "in \(steps.count - 2) steps")
    }
}
