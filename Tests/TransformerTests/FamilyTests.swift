import Testing
import Transformer

private let tolerance: Float = 2e-5

@Suite struct `Every family` {
    @Test(arguments: FamilyFixture.all)
    func `computes what transformers computes`(fixture: FamilyFixture) throws {
        let (kind, cases) = try fixture.expected()
        #expect(!cases.isEmpty)
        for (index, example) in cases.enumerated() {
            for kernels in [TransformerOptions.KernelSet.fastest, .portable] {
                let results = try results(fixture, kind, example, kernels)
                #expect(results.count == example.values.count)
                for (result, expected) in zip(results, example.values) {
                    #expect(distance(result, expected) <= tolerance, "text \(index), \(kernels)")
                }
            }
        }
    }

    @Test(arguments: FamilyFixture.all)
    func `goes on as transformers does`(fixture: FamilyFixture) throws {
        let (kind, cases) = try fixture.expected()
        guard kind == .logits else { return }
        let model = try TransformerModel(
            source: fixture.source,
            options: .init(memory: .blocks(16), kv: .f32)
        )
        for example in cases {
            let greedy = try model.greedy(after: example.input.ids, count: example.greedy.count)
            #expect(greedy == example.greedy)
        }
    }

    @Test(arguments: FamilyFixture.all)
    func `gives the same bits in any cut, block, company and number of threads`(
        fixture: FamilyFixture
    ) throws {
        let (kind, cases) = try fixture.expected()
        guard kind == .logits else { return }
        let usual = try TransformerModel(source: fixture.source, options: .init(memory: .blocks(64)))
        let alone = try cases.map { try usual.logits(of: $0.input.ids) }
        for (threads, blockTokens) in [(1, 5), (3, 16)] {
            let model = try TransformerModel(
                source: fixture.source,
                options: .init(memory: .blocks(64), blockTokens: blockTokens, threads: threads)
            )
            for (example, whole) in zip(cases, alone) {
                for chunk in [1, 7] {
                    let logits = try model.logits(of: example.input.ids, chunk: chunk)
                    #expect(bits(logits) == bits(whole), "chunks of \(chunk)")
                }
            }
            var input = ForwardInput(), logits: [Float] = []
            for (index, example) in cases.enumerated().reversed() {
                var sequence = FedSequence(tokens: example.input.ids, firstBlock: UInt32(index * 16))
                let (ids, span) = sequence.next(.max, blockTokens: blockTokens)
                input.tokens += ids
                input.spans.append(span)
            }
            try model.forward(input, into: &logits)
            #expect(bits(logits) == bits(alone.reversed().joined()), "in one batch")
        }
    }

    private func results(
        _ fixture: FamilyFixture,
        _ kind: FamilyFixture.Kind,
        _ example: FamilyCase,
        _ kernels: TransformerOptions.KernelSet
    ) throws -> [[Float]] {
        let options = TransformerOptions(memory: .blocks(16), kv: .f32, kernels: kernels)
        switch kind {
        case .logits:
            let model = try TransformerModel(source: fixture.source, options: options)
            let width = model.vocabularySize
            let logits = try model.logits(of: example.input.ids)
            return example.positions.map { Array(logits[$0 * width..<($0 + 1) * width]) }
        case .embedding:
            return try EmbeddingModel(source: fixture.source, options: options).embed([example.input])
        case .classes:
            return try SequenceClassifier(source: fixture.source, options: options)
                .classify([example.input])
        }
    }
}
