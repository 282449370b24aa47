import CKernels
import Contract
import Glibc
import ModelFiles
import Synchronization
import TestSupport
import Testing

@testable import Transformer

/// Whenever a thread calls a kernel, it may lose its CPU first, or be slow.
@Suite struct `A step whose threads are held up at random` {
    static let fixtures =
        Fixture.included.map(\.path) + Fixture.shared.map(\.path)
        + ["qwen3-256-Q4_K_M"].filter { SharedFixtures.has("gguf/\($0).gguf") }.map { Fixture(gguf: $0).path }

    @Test(arguments: fixtures, [1, 2, 3, 8])
    func `gives the same bits`(path: String, threads: Int) throws {
        let source = try ModelSource(path: path), config = try source.config
        let ids = (0..<40).map { TokenID($0 * 7 % config.vocabularySize) }
        let usual = try TransformerModel(source: source, options: .init(memory: .blocks(8)))
        let whole = bits(try usual.logits(of: ids, chunk: 13))
        let disturbed = try DisturbedModel(source: source, threads: threads)
        for chunk in [1, 13] {
            let logits = try disturbed.logits(of: ids, chunk: chunk)
            #expect(bits(logits) == whole, "chunks of \(chunk)")
        }
    }
}

/// A model as `TransformerModel` joins it, but for its kernels.
private struct DisturbedModel {
    private let pass: ForwardPass
    private let threads: StepThreads

    init(source: ModelSource, threads count: Int) throws {
        let kernels = disturbedKernels()
        let config = try source.config, tensors = try source.openWeights()
        let pass = try ForwardPass(
            config: config,
            source: WeightSource(
                tensors,
                config: config,
                kernels: kernels,
                panels: PanelMaker(for: tensors.path, threads: count)
            ),
            memory: KVMemory(.init(memory: .blocks(8)), config: config),
            threads: count,
            hasHead: true
        )
        self.pass = pass
        threads = try StepThreads(count: count) { pass.run($0) }
    }

    func logits(of tokens: [TokenID], chunk: Int) throws -> [Float] {
        var sequence = FedSequence(tokens: tokens), all: [Float] = []
        while sequence.computed < tokens.count {
            let (ids, span) = sequence.next(chunk, blockTokens: 16)
            let count = try pass.load(ForwardInput(tokens: Array(ids), spans: [span]))
            var logits = [Float](repeating: 0, count: count * pass.config.vocabularySize)
            logits.withUnsafeMutableBufferPointer { logits in
                pass.setResult(logits.baseAddress.map { .logits($0) })
                threads.run()
                pass.setResult(nil)
            }
            all += logits
        }
        return all
    }
}

private let calls = Atomic<UInt64>(0)

/// Most calls go through; some give the CPU away, some take their time.
private func disturb() {
    var random = SplitMix64(seed: calls.add(1, ordering: .relaxed).newValue)
    switch random.next() % 16 {
    case 0: sched_yield()
    case 1: for _ in 0..<random.next() % 2000 { ck_pause() }
    default: break
    }
}

private func disturbedKernels() -> ck_kernels {
    var kernels = ck_fastest().pointee
    kernels.multiply = { matrix, product in
        disturb()
        ck_fastest().pointee.multiply(matrix, product)
        disturb()
    }
    kernels.multiply_panels = { panels, product in
        disturb()
        ck_fastest().pointee.multiply_panels(panels, product)
        disturb()
    }
    kernels.round = { numbers, columns, to in
        disturb()
        ck_fastest().pointee.round(numbers, columns, to)
    }
    kernels.rms_norm = { numbers, weight, count, epsilon, to in
        disturb()
        ck_fastest().pointee.rms_norm(numbers, weight, count, epsilon, to)
        disturb()
    }
    kernels.add_scaled = { sum, numbers, scale, count in
        disturb()
        ck_fastest().pointee.add_scaled(sum, numbers, scale, count)
    }
    kernels.attend = { attention in
        disturb()
        ck_fastest().pointee.attend(attention)
        disturb()
    }
    return kernels
}
