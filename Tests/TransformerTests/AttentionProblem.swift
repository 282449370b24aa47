import CKernels
import Foundation
import TestSupport

/// One sequence's keys and values for one key-value head, in blocks that lie in memory in a shuffled order.
struct AttentionProblem {
    /// What a token sees, and how.
    struct Sight {
        var behind = Int.max
        var ahead = 0
        var softCap: Float = 0
        /// One for each head.
        var sinks: [Float]?
    }

    struct Shape {
        var heads: Int
        var size: Int
        var positions: Int
    }

    let heads: Int
    let size: Int
    let positions: Int
    let kind: Int32
    let blockTokens: Int
    let sight: Sight
    let queries: [Float]
    private(set) var keys: [Float]
    private(set) var values: [Float]
    private let blocks: [UInt32]
    /// Whatever no position was written to is not a number.
    private(set) var memory: [UInt8]

    init(
        _ shape: Shape,
        kind: Int32,
        blockTokens: Int,
        sight: Sight = Sight(),
        keptBy table: KernelTable = KernelTable(functions: ck_portable().pointee)
    ) {
        (heads, size, positions) = (shape.heads, shape.size, shape.positions)
        self.sight = sight
        self.kind = kind
        self.blockTokens = blockTokens
        queries = numbers(positions * heads * size, seed: 21).map { $0 * 2 }
        keys = numbers(positions * size, seed: 22)
        values = numbers(positions * size, seed: 23)
        var random = SplitMix64(seed: 24)
        let blockCount = (positions + blockTokens - 1) / blockTokens
        blocks = (0..<UInt32(blockCount)).shuffled(using: &random)
        memory = []
        memory = [UInt8](repeating: 0xFF, count: blockCount * blockBytes)
        for position in 0..<positions { keep(position, table) }
    }

    /// Keys, then values.
    private var blockBytes: Int { 2 * headBytes }
    private var headBytes: Int { blockTokens * ck_kv_bytes(kind, size) }

    private mutating func keep(_ position: Int, _ table: KernelTable) {
        let block = Int(blocks[position / blockTokens]) * blockBytes, headBytes = headBytes
        let (size, blockTokens, kind) = (size, blockTokens, kind)
        memory.withUnsafeMutableBufferPointer { memory in
            keys.withUnsafeBufferPointer { keys in
                values.withUnsafeBufferPointer { values in
                    guard let memory = memory.baseAddress, let keys = keys.baseAddress,
                        let values = values.baseAddress
                    else { return }
                    var entry = ck_kv_entry(
                        key: keys + position * size,
                        value: values + position * size,
                        keys: memory + block,
                        values: memory + block + headBytes,
                        head_dim: size,
                        block_tokens: blockTokens,
                        slot: position % blockTokens,
                        kind: kind
                    )
                    table.functions.keep(&entry)
                }
            }
        }
    }

    /// Gives a position what would poison every sum.
    mutating func soil(_ position: Int) {
        for d in 0..<size {
            keys[position * size + d] = .nan
            values[position * size + d] = .infinity
        }
        keep(position, KernelTable(functions: ck_portable().pointee))
    }

    /// Results of `count` tokens from position `first` on.
    func run(_ table: KernelTable, first: Int, count: Int) -> [Float] {
        var out = [Float](repeating: 0, count: count * heads * size)
        var scratch = [Float](repeating: .nan, count: ck_attention_scratch(count * heads, size))
        let width = heads * size
        memory.withUnsafeBufferPointer { memory in
            queries.withUnsafeBufferPointer { queries in
                withSinks { blocks, sinks in
                    out.withUnsafeMutableBufferPointer { out in
                        scratch.withUnsafeMutableBufferPointer { scratch in
                            guard let memory = memory.baseAddress, let queries = queries.baseAddress,
                                let out = out.baseAddress,
                                let scratch = scratch.baseAddress
                            else { return }
                            var attention = ck_attention(
                                queries: queries + first * width,
                                out: out,
                                keys: memory,
                                values: memory + headBytes,
                                blocks: blocks,
                                sinks: sinks,
                                scratch: scratch,
                                query_stride: width,
                                out_stride: width,
                                tokens: count,
                                heads: heads,
                                head_dim: size,
                                first_position: first,
                                positions: sight.ahead == 0 ? first + count : positions,
                                behind: sight.behind,
                                ahead: sight.ahead,
                                block_tokens: blockTokens,
                                block_bytes: blockBytes,
                                scale: 0.5,
                                soft_cap: sight.softCap,
                                kind: kind
                            )
                            table.functions.attend(&attention)
                        }
                    }
                }
            }
        }
        return out
    }

    private func withSinks(_ body: (UnsafePointer<UInt32>, UnsafePointer<Float>?) -> Void) {
        blocks.withUnsafeBufferPointer { blocks in
            guard let start = blocks.baseAddress else { return }
            guard let sinks = sight.sinks else { return body(start, nil) }
            sinks.withUnsafeBufferPointer { body(start, $0.baseAddress) }
        }
    }
}

extension AttentionProblem {
    /// The textbook's formula, in double.
    var exact: [Float] {
        let keys = stored(keys), values = stored(values)
        var out: [Float] = []
        for token in 0..<positions {
            for head in 0..<heads {
                let query = queries[(token * heads + head) * size..<(token * heads + head + 1) * size]
                let first = sight.behind > token ? 0 : token - sight.behind
                let last = sight.ahead > positions - 1 - token ? positions - 1 : token + sight.ahead
                let seen = first...last
                let scores = seen.map { position in
                    let key = keys[position * size..<(position + 1) * size]
                    let score = 0.5 * zip(query, key).reduce(0.0) { $0 + Double($1.0) * $1.1 }
                    let cap = Double(sight.softCap)
                    return cap > 0 ? cap * tanh(score / cap) : score
                }
                let sink = sight.sinks.map { Double($0[head]) }
                let top = max(scores.max() ?? 0, sink ?? -1e9)
                let weights = scores.map { exponential($0 - top) }
                let total = weights.reduce(0, +) + (sink.map { exponential($0 - top) } ?? 0)
                for d in 0..<size {
                    let sum = zip(seen, weights).reduce(0.0) { $0 + $1.1 * values[$1.0 * size + d] }
                    out.append(Float(sum / total))
                }
            }
        }
        return out
    }

    /// What is left of numbers that are kept.
    private func stored(_ numbers: [Float]) -> [Double] {
        stride(from: 0, to: numbers.count, by: size).flatMap { start in
            let row = numbers[start..<start + size]
            switch kind {
            case Int32(CK_KV_F32): return row.map(Double.init)
            case Int32(CK_KV_F16): return row.map { Double(Float16($0)) }
            default:
                let scale = (row.map(\.magnitude).max() ?? 0) / 127
                return row.map { Double(($0 / scale).rounded(.toNearestOrEven)) * Double(scale) }
            }
        }
    }
}
