import CKernels

/// Attention of one sequence over paged keys and values, in the shape of Qwen3-0.6B.
final class AttentionSubject: Sendable {
    static let kinds: [(name: String, kind: Int)] = [
        ("f32", CK_KV_F32), ("f16", CK_KV_F16), ("q8", CK_KV_Q8),
    ].map { ($0.0, Int($0.1)) }

    private static let layers = 28
    private static let groups = 8
    private static let heads = 2
    private static let headSize = 128
    private static let blockTokens = 16
    /// Rows of a prompt that the engine gives to one call.
    static let promptRows = 48

    private let kind: Int32
    private let positions: Int
    private let tokens: Int
    private let memory: BenchMemory
    private let vectors: BenchMemory
    private let blocks: [UInt32]
    private let headBytes: Int
    private let blockBytes: Int
    /// Floats of one thread: queries, what comes out, scratch.
    private let ownCount: Int

    /// The last `tokens` of so many positions; a multiple of a block of them.
    init(kind: Int, positions: Int, tokens: Int, threadCount: Int) throws {
        self.kind = Int32(kind)
        self.positions = positions
        self.tokens = tokens
        headBytes = Self.blockTokens * ck_kv_bytes(self.kind, Self.headSize)
        blockBytes = Self.layers * 2 * Self.groups * headBytes
        let blockCount = (positions + Self.blockTokens - 1) / Self.blockTokens
        memory = try BenchMemory(byteCount: blockCount * blockBytes)
        // Some stride with no common factor: blocks of a sequence do not lie in order.
        blocks = (0..<blockCount).map { UInt32(blockCount % 7 == 0 ? $0 : $0 * 7 % blockCount) }
        let rows = tokens * Self.heads
        ownCount = 2 * rows * Self.headSize + ck_attention_scratch(rows, Self.headSize)
        vectors = try BenchMemory(byteCount: threadCount * ownCount * 4)
    }

    /// Of keys and values in one whole pass, over the operations in it.
    var bytesPerOperation: Double {
        let bytes = 2 * ck_kv_bytes(kind, Self.headSize) * positions
        return Double(bytes) / operationsPerCall
    }

    /// Multiplications and additions of one key-value head.
    private var operationsPerCall: Double {
        let seen = Double(positions) - Double(tokens - 1) / 2
        return 4 * Double(Self.headSize * Self.heads * tokens) * seen
    }

    /// One thread's part of a pass over all layers; returns the multiplications and additions in it.
    func attend(part: Int, of partCount: Int) -> Double {
        let kernels = ck_fastest().pointee
        let stride = Self.heads * Self.headSize
        let own = vectors.floats() + part * ownCount
        var callCount = 0
        blocks.withUnsafeBufferPointer { blocks in
            guard let list = blocks.baseAddress else { return }
            for piece in Swift.stride(from: part, to: Self.layers * Self.groups, by: partCount) {
                let (layer, group) = piece.quotientAndRemainder(dividingBy: Self.groups)
                let keys = (layer * 2 * Self.groups + group) * headBytes
                let values = keys + Self.groups * headBytes
                var attention = ck_attention(
                    queries: own,
                    out: own + tokens * stride,
                    keys: memory.pointer(at: keys).assumingMemoryBound(to: UInt8.self),
                    values: memory.pointer(at: values).assumingMemoryBound(to: UInt8.self),
                    blocks: list,
                    sinks: nil,
                    scratch: own + 2 * tokens * stride,
                    query_stride: stride,
                    out_stride: stride,
                    tokens: tokens,
                    heads: Self.heads,
                    head_dim: Self.headSize,
                    first_position: positions - tokens,
                    positions: positions,
                    behind: .max,
                    ahead: 0,
                    block_tokens: Self.blockTokens,
                    block_bytes: blockBytes,
                    scale: 0.088,
                    soft_cap: 0,
                    kind: kind
                )
                kernels.attend(&attention)
                callCount += 1
            }
        }
        return Double(callCount) * operationsPerCall
    }
}
