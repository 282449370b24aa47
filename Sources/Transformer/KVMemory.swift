internal import CKernels
internal import Glibc
internal import ModelFiles

/// The keys and values of all sequences, in blocks.
///
/// One block holds `blockTokens` tokens of one sequence for all layers, in one piece: [layer, keys or values,
/// head, blockTokens, headSize]. The system hands out zeroed pages when a block is first written, so blocks
/// that were never used cost nothing. Who owns which block is not known here.
final class KVMemory {
    let blockTokens: Int
    let blockCount: Int
    let blockBytes: Int
    /// The kernels' word for how numbers are stored.
    let type: Int32
    private let start: UnsafeMutableRawPointer
    /// [blockTokens, headSize] of one head.
    private let headBytes: Int
    private let headCount: Int
    private let elementSize: Int

    init(_ options: TransformerOptions, config: ModelConfig) throws(TransformerError) {
        try TransformerLimits.check("blockTokens", options.blockTokens, TransformerLimits.blockTokens)
        blockTokens = options.blockTokens
        type = Int32(options.kv == .f32 ? CK_F32 : CK_F16)
        elementSize = options.kv == .f32 ? 4 : 2
        headCount = config.attention.keyValueHeadCount
        // Below 2^12 * 2^9 * 2^2, times 2^10 heads, times 2^11: no overflow within the limits of config and
        // options.
        headBytes = blockTokens * config.attention.headSize * elementSize
        blockBytes = config.layers.count * 2 * headCount * headBytes
        switch options.memory {
        case .blocks(let count): blockCount = count
        case .bytes(let bytes):
            guard bytes >= blockBytes else {
                throw .memoryBelowOneBlock(bytes: bytes, blockBytes: blockBytes)
            }
            blockCount = bytes / blockBytes
        }
        let addressable = min(TransformerLimits.blockCount.upperBound, Int.max / blockBytes)
        try TransformerLimits.check("blockCount", blockCount, 1...addressable)
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        let address = mmap(nil, blockCount * blockBytes, PROT_READ | PROT_WRITE, flags, -1, 0)
        guard let address, address != MAP_FAILED else { throw .system(call: "mmap", code: errno) }
        start = address
    }

    deinit { munmap(start, blockCount * blockBytes) }

    /// From one token of a block to the next.
    var tokenBytes: Int { headBytes / blockTokens }

    /// Where a head's keys lie in block 0; in block n, `n * blockBytes` further on.
    func keys(layer: Int, head: Int) -> UnsafeMutableRawPointer {
        start + (layer * 2 * headCount + head) * headBytes
    }

    func values(layer: Int, head: Int) -> UnsafeMutableRawPointer {
        start + ((layer * 2 + 1) * headCount + head) * headBytes
    }

    /// Both blocks are below `blockCount`.
    func copyBlock(from source: UInt32, to target: UInt32) {
        guard source != target else { return }
        memcpy(start + Int(target) * blockBytes, start + Int(source) * blockBytes, blockBytes)
    }

    /// Where a token lies, counted in bytes from `keys` or `values`.
    ///
    /// `block` is below `blockCount`.
    func offset(block: UInt32, slot: Int) -> Int {
        Int(block) * blockBytes + slot * tokenBytes
    }
}
