internal import CKernels

/// What a model is given to run with.
public struct TransformerOptions: Hashable, Sendable {
    /// How keys and values are kept.
    public enum KVType: String, Hashable, Sendable {
        case f32
        /// Half the memory and the traffic; moves logits by about a hundredth.
        case f16
        /// Eight bits each, with one scale for a token's key and one for its value: half of that again.
        case q8
    }

    /// How much memory there is for keys and values.
    ///
    /// It is taken from the system as blocks are first used.
    public enum KVMemory: Hashable, Sendable {
        case blocks(Int)
        case bytes(Int)
    }

    /// Which kernels compute.
    ///
    /// All of them give the same bits.
    public enum KernelSet: String, Hashable, Sendable {
        case fastest
        /// Plain C, on every CPU.
        case portable
    }

    /// What packed weights are multiplied with.
    public enum Activations: String, Hashable, Sendable {
        /// Numbers rounded to eight bits, 32 of them with one scale: several times faster.
        case eightBits = "q8"
        /// Numbers as they are.
        case exact = "f32"
    }

    public var activations: Activations
    public var blockTokens: Int
    public var memory: KVMemory
    public var kv: KVType
    /// Counts the caller's own: 1 starts none.
    public var threads: Int
    public var kernels: KernelSet
    /// Nil: weights are used as they are stored.
    public var quantization: WeightQuantization?

    public init(
        memory: KVMemory,
        blockTokens: Int = 16,
        kv: KVType = .f16,
        threads: Int = 1,
        kernels: KernelSet = .fastest,
        activations: Activations = .eightBits,
        quantization: WeightQuantization? = nil
    ) {
        self.memory = memory
        self.blockTokens = blockTokens
        self.kv = kv
        self.threads = threads
        self.kernels = kernels
        self.activations = activations
        self.quantization = quantization
    }
}

extension TransformerOptions {
    var checkedThreads: Int {
        get throws(TransformerError) {
            try TransformerLimits.check("threads", threads, TransformerLimits.threads)
            return threads
        }
    }
}

/// How far the options and inputs of a model may go.
enum TransformerLimits {
    static let blockTokens = 1...4096
    static let blockCount = 1...Int(UInt32.max)
    static let threads = 1...256
    /// Scratch memory grows with the rows of a step; no planner comes near this.
    static let rowsPerStep = 65_536

    static func check(_ name: String, _ value: Int, _ allowed: ClosedRange<Int>) throws(TransformerError) {
        guard allowed.contains(value) else { throw .option(name: name, value: value, allowed: allowed) }
    }
}

extension TransformerOptions {
    /// The instruction set that will compute.
    public var kernelPath: String {
        String(cString: (kernels == .portable ? ck_portable() : ck_fastest()).pointee.name)
    }
}
