internal import CKernels
internal import Glibc
internal import ModelFiles

/// The keys and values of all sequences, in blocks.
///
/// One block holds `blockTokens` tokens of one sequence for all layers, in one piece: [layer, keys or values,
/// head], each as `ck_kv_entry` says; so a block can be copied as bytes. The system hands out zeroed pages
/// when a block is first written, so blocks that were never used cost nothing. Who owns which block is not
/// known here.
final class KVMemory {
    let blockTokens: Int
    let blockCount: Int
    let blockBytes: Int
    /// The kernels' word for how numbers are stored.
    let kind: Int32
    private let start: UnsafeMutablePointer<UInt8>
    /// Keys, or values, of one head in a block.
    private let headBytes: Int
    private let headCount: Int

    init(_ options: TransformerOptions, config: ModelConfig) throws(TransformerError) {
        try TransformerLimits.check("blockTokens", options.blockTokens, TransformerLimits.blockTokens)
        blockTokens = options.blockTokens
        kind = options.kv.kernelKind
        headCount = config.attention.keyValueHeadCount
        // At most 2^12 * 2^9 * 2^2, times 2^10 heads, times 2^11: no overflow within the limits of config and
        // options.
        headBytes = blockTokens * ck_kv_bytes(kind, config.attention.headSize)
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
        // Attention reads a few kilobytes here and there; on large pages it finds them faster. Where the
        // system has none to give, small ones do.
        _ = madvise(address, blockCount * blockBytes, MADV_HUGEPAGE)
        start = address.assumingMemoryBound(to: UInt8.self)
    }

    deinit { munmap(start, blockCount * blockBytes) }

    /// Where a head's keys lie in block 0; in block n, `n * blockBytes` further on.
    func keys(layer: Int, head: Int) -> UnsafeMutablePointer<UInt8> {
        start + (layer * 2 * headCount + head) * headBytes
    }

    func values(layer: Int, head: Int) -> UnsafeMutablePointer<UInt8> {
        start + ((layer * 2 + 1) * headCount + head) * headBytes
    }

    /// Both blocks are below `blockCount`.
    func copyBlock(from source: UInt32, to target: UInt32) {
        guard source != target else { return }
        memcpy(start + Int(target) * blockBytes, start + Int(source) * blockBytes, blockBytes)
    }

    /// All that a block holds; `block` is below `blockCount`.
    func bytes(of block: UInt32) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: start + Int(block) * blockBytes, count: blockBytes)
    }
}

extension TransformerOptions.KVType {
    var kernelKind: Int32 {
        switch self {
        case .f32: Int32(CK_KV_F32)
        case .f16: Int32(CK_KV_F16)
        case .q8: Int32(CK_KV_Q8)
        }
    }
}
