internal import CKernels
public import Contract
internal import KVCache
internal import ModelFiles

/// A text on its way into a vector or a class.
public struct TextInput: Sendable {
    /// With the special tokens of the model.
    public var ids: [TokenID]
    /// Which text of a pair each token belongs to, for models that tell them apart; empty: all to the first.
    public var types: [UInt8]
    /// Tokens at the beginning that only say what the text is for.
    public var promptTokenCount: Int

    public init(ids: [TokenID], types: [UInt8] = [], promptTokenCount: Int = 0) {
        self.ids = ids
        self.types = types
        self.promptTokenCount = promptTokenCount
    }
}

/// Reads whole texts and gives what a model's last layer makes of each token.
///
/// Encoders and decoders alike: a text begins and ends within one step, so nothing is kept from step to step.
/// What a text gives does not depend on the others, bit for bit.
final class TextEncoder {
    /// Rows of a step that holds more than one text.
    private static let rowsPerStep = 4096

    let config: ModelConfig
    let kernels: ck_kernels
    let weights: WeightSource
    private let pass: ForwardPass
    private let threads: StepThreads
    private var states: [Float] = []

    /// Of the options, those for the memory of keys and values are of no use here.
    init(source: ModelSource, options: TransformerOptions) throws {
        kernels = (options.kernels == .portable ? ck_portable() : ck_fastest()).pointee
        config = try source.config
        weights = WeightSource(try source.openWeights(), config: config, kernels: kernels)
        let pass = try ForwardPass(
            config: config,
            source: weights,
            memory: nil,
            threads: options.checkedThreads,
            hasHead: false
        )
        self.pass = pass
        threads = try StepThreads(count: options.threads) { pass.run($0) }
    }

    /// Calls `body` with each text and its tokens' numbers, [tokens, hiddenSize], in order.
    func encode(
        _ texts: [TextInput],
        _ body: (TextInput, UnsafeBufferPointer<Float>) throws -> Void
    ) throws {
        var first = 0
        while first < texts.count {
            var end = first, rows = 0
            while end < texts.count, end == first || rows + texts[end].ids.count <= Self.rowsPerStep {
                rows += texts[end].ids.count
                end += 1
            }
            try step(texts[first..<end], body)
            first = end
        }
    }

    private func step(
        _ texts: ArraySlice<TextInput>,
        _ body: (TextInput, UnsafeBufferPointer<Float>) throws -> Void
    ) throws {
        var input = ForwardInput()
        for text in texts {
            input.tokens += text.ids
            // Without types all tokens are of the first.
            input.types += text.types.isEmpty ? Array(repeating: 0, count: text.ids.count) : text.types
            input.spans.append(.init(rowCount: text.ids.count, computed: 0, blocks: [], wanted: .all))
        }
        let rows = try pass.load(input), size = config.hiddenSize
        if states.count < rows * size {
            states.append(contentsOf: repeatElement(0, count: rows * size - states.count))
        }
        states.withUnsafeMutableBufferPointer { states in
            pass.setResult(states.baseAddress.map { .hiddenStates($0) })
            threads.run()
            pass.setResult(nil)
        }
        try states.withUnsafeBufferPointer { states in
            var row = 0
            for text in texts {
                let end = row + text.ids.count
                try body(text, UnsafeBufferPointer(rebasing: states[row * size..<end * size]))
                row = end
            }
        }
    }
}
