internal import CKernels
public import KVCache
public import ModelFiles

/// A decoder-only language model, computed on the CPU from its files.
///
/// The weights stay in the mapped files, unless they are to be rounded, and the memory for keys and values is
/// taken as it is used. Belongs to one thread at a time, which takes part in the computing.
public final class TransformerModel: LanguageModel {
    public let config: ModelConfig
    /// The instruction set that computes.
    public let kernelPath: String
    private let memory: KVMemory
    private let pass: ForwardPass
    private let threads: StepThreads

    public var vocabularySize: Int { config.vocabularySize }
    public var contextTokens: Int { config.contextTokens }
    public var blockTokens: Int { memory.blockTokens }
    public var blockCount: Int { memory.blockCount }
    /// Memory of one block, for all layers.
    public var blockBytes: Int { memory.blockBytes }

    /// Throws a `ModelFileError` for the files and a `TransformerError` for the options.
    ///
    /// Returns when all weights are in memory; `onProgress` hears, as they come, which part of them is.
    public init(
        source: ModelSource,
        options: TransformerOptions,
        onProgress: @escaping (Double) -> Void = { _ in }
    ) throws {
        let kernels = (options.kernels == .portable ? ck_portable() : ck_fastest()).pointee
        config = try source.config
        kernelPath = options.kernelPath
        let config = config
        guard config.family.isCausal else {
            throw ModelFileError(
                source.path,
                "model_type",
                "\(config.family.name) models read texts and do not continue them"
            )
        }
        let tensors = try source.openWeights()
        let loader = try WeightLoader(
            tensors,
            vocabularySize: config.vocabularySize,
            options: options,
            kernels: kernels,
            onProgress: onProgress
        )
        let panels =
            options.activations == .eightBits
            ? try PanelMaker(for: tensors.path, threads: options.threads) : nil
        let memory = try KVMemory(options, config: config)
        let pass = try ForwardPass(
            config: config,
            source: WeightSource(
                tensors.prepared(by: loader),
                config: config,
                kernels: kernels,
                panels: panels
            ),
            memory: memory,
            threads: options.checkedThreads,
            hasHead: true
        )
        self.memory = memory
        self.pass = pass
        threads = try StepThreads(count: options.threads) { pass.run($0) }
    }

    public func frequencySet(known: Int) -> Int { pass.frequencySet(known: known) }

    public func copyBlock(from source: BlockID, to target: BlockID) {
        precondition(
            max(source.rawValue, target.rawValue) < blockCount,
            "the engine's pool has as many blocks as the model"
        )
        memory.copyBlock(from: source.rawValue, to: target.rawValue)
    }

    /// All that a block holds, for whoever keeps it elsewhere: valid as long as `blockOwner` lives.
    ///
    /// Whose turn it is to read or write it, the engine says.
    public func bytes(of block: BlockID) -> UnsafeMutableRawBufferPointer {
        precondition(block.rawValue < blockCount, "the engine's pool has as many blocks as the model")
        return memory.bytes(of: block.rawValue)
    }

    /// Keeps the memory of the blocks, and nothing else of the model.
    public var blockOwner: AnyObject { memory }

    public func forward(_ input: ForwardInput, into logits: inout [Float]) throws {
        let count = try pass.load(input) * vocabularySize
        if logits.count > count {
            logits.removeLast(logits.count - count)
        } else {
            logits.append(contentsOf: repeatElement(0, count: count - logits.count))
        }
        guard !input.tokens.isEmpty else { return }
        logits.withUnsafeMutableBufferPointer { logits in
            pass.setResult(logits.baseAddress.map { .logits($0) })
            threads.run()
            pass.setResult(nil)
        }
    }
}
