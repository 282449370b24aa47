import CKernels
import Foundation
import TestSupport
import Testing

private let tables = KernelTable.all
private let types = [CK_F32, CK_F16].map(Int32.init)

@Suite struct `The attention kernel` {
    @Test(arguments: tables, types) func `weighs values by softmax`(table: KernelTable, type: Int32) {
        for (heads, size, positions) in [
            (1, 8, 1), (2, 16, 15), (3, 40, 16), (4, 64, 17), (1, 104, 70), (4, 128, 34),
        ] {
            let problem = AttentionProblem(
                heads: heads,
                size: size,
                positions: positions,
                type: type,
                blockTokens: 16
            )
            let result = problem.run(table, first: 0, count: positions)
            #expect(
                distance(result, problem.exact) <= 3e-6,
                "\(heads) heads of \(size), \(positions) positions"
            )
        }
    }

    @Test(arguments: tables, types) func `gives the same bits in any cut and block size`(
        table: KernelTable,
        type: Int32
    ) {
        let whole = AttentionProblem(heads: 3, size: 72, positions: 90, type: type, blockTokens: 16)
        let expected = bits(whole.run(table, first: 0, count: 90))
        for blockTokens in [1, 5, 16, 64] {
            let problem = AttentionProblem(
                heads: 3,
                size: 72,
                positions: 90,
                type: type,
                blockTokens: blockTokens
            )
            for count in [1, 4, 17, 90] {
                let pieces = stride(from: 0, to: 90, by: count).flatMap {
                    problem.run(table, first: $0, count: min(count, 90 - $0))
                }
                #expect(bits(pieces) == expected, "blocks of \(blockTokens), \(count) tokens at once")
            }
        }
    }

    @Test(arguments: tables, types) func `looks through a window, with a cap and past a sink`(
        table: KernelTable,
        type: Int32
    ) {
        let sinks: [Float] = [-3, 4]
        for sight: AttentionProblem.Sight in [
            .init(behind: 0), .init(behind: 5), .init(behind: 15, softCap: 1.5), .init(behind: 16),
            .init(behind: 29),
            .init(softCap: 0.4, sinks: sinks), .init(behind: 20, sinks: sinks),
            .init(behind: .max, ahead: 1000),
            .init(behind: 7, ahead: 7), .init(behind: 33, ahead: 33, softCap: 2),
        ] {
            let problem = AttentionProblem(
                heads: 2,
                size: 24,
                positions: 45,
                type: type,
                blockTokens: 16,
                sight: sight
            )
            let whole = problem.run(table, first: 0, count: 45)
            #expect(distance(whole, problem.exact) <= 3e-6, "\(sight)")
            for count in [1, 16, 30] {
                let pieces = stride(from: 0, to: 45, by: count).flatMap {
                    problem.run(table, first: $0, count: min(count, 45 - $0))
                }
                #expect(bits(pieces) == bits(whole), "\(sight), \(count) tokens at once")
            }
        }
    }

    @Test(arguments: tables) func `never looks at what lies behind a token`(table: KernelTable) {
        let clean = AttentionProblem(heads: 2, size: 64, positions: 21, type: Int32(CK_F32), blockTokens: 16)
        var soiled = clean
        soiled.soilBehind(position: 20)
        #expect(bits(soiled.run(table, first: 3, count: 18)) == bits(clean.run(table, first: 3, count: 18)))
    }
}

/// One sequence's keys and values for one key-value head, in blocks that lie in memory in a shuffled order.
private struct AttentionProblem {
    let heads: Int
    let size: Int
    let positions: Int
    let type: Int32
    let blockTokens: Int
    let queries: [Float]
    let keys: [Float]
    let values: [Float]
    let blocks: [UInt32]
    let sight: Sight
    private var memory: [UInt8]

    /// What a token sees, and how.
    struct Sight {
        var behind = Int.max
        var ahead = 0
        var softCap: Float = 0
        /// One for each head.
        var sinks: [Float]?
    }

    init(heads: Int, size: Int, positions: Int, type: Int32, blockTokens: Int, sight: Sight = Sight()) {
        self.sight = sight
        self.heads = heads
        self.size = size
        self.positions = positions
        self.type = type
        self.blockTokens = blockTokens
        queries = numbers(positions * heads * size, seed: 21).map { $0 * 2 }
        keys = numbers(positions * size, seed: 22)
        values = numbers(positions * size, seed: 23)
        var random = SplitMix64(seed: 24)
        let blockCount = (positions + blockTokens - 1) / blockTokens
        blocks = (0..<UInt32(blockCount)).shuffled(using: &random)
        memory = []
        memory = [UInt8](repeating: 0, count: blockCount * blockBytes)
        for position in 0..<positions {
            let place = place(of: position)
            let row = position * size..<(position + 1) * size
            write(Array(keys[row]), at: place)
            write(Array(values[row]), at: place + blockBytes / 2)
        }
    }

    private var elementSize: Int { type == Int32(CK_F32) ? 4 : 2 }
    /// Keys, then values.
    private var blockBytes: Int { 2 * blockTokens * size * elementSize }

    private func place(of position: Int) -> Int {
        Int(blocks[position / blockTokens]) * blockBytes + position % blockTokens * size * elementSize
    }

    private mutating func write(_ numbers: [Float], at place: Int) {
        memory.withUnsafeMutableBytes { memory in
            guard let base = memory.baseAddress else { return }
            ck_portable().pointee.narrow(type, numbers, numbers.count, base + place)
        }
    }

    /// Fills what is left of the last block with what would poison every sum.
    mutating func soilBehind(position: Int) {
        for slot in position % blockTokens + 1..<blockTokens {
            let place = place(of: position - position % blockTokens) + slot * size * elementSize
            write([Float](repeating: .nan, count: size), at: place)
            write([Float](repeating: .infinity, count: size), at: place + blockBytes / 2)
        }
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
                                values: memory + blockBytes / 2,
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
                                token_bytes: size * elementSize,
                                scale: 0.5,
                                soft_cap: sight.softCap,
                                dtype: type
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

    /// The textbook's formula, in double.
    var exact: [Float] {
        var out: [Float] = []
        for token in 0..<positions {
            for head in 0..<heads {
                let query = queries[(token * heads + head) * size..<(token * heads + head + 1) * size]
                let first = sight.behind > token ? 0 : token - sight.behind
                let seen = first...min(positions - 1, sight.ahead == 0 ? token : token + sight.ahead)
                let scores = seen.map { position in
                    let score =
                        0.5
                        * zip(query, keys[position * size..<(position + 1) * size]).reduce(0.0) {
                            $0 + Double($1.0) * Double($1.1)
                        }
                    let cap = Double(sight.softCap)
                    return cap > 0 ? cap * tanh(score / cap) : score
                }
                let sink = sight.sinks.map { Double($0[head]) }
                let top = max(scores.max() ?? 0, sink ?? -1e9)
                let weights = scores.map { exponential($0 - top) }
                let total = weights.reduce(0, +) + (sink.map { exponential($0 - top) } ?? 0)
                for d in 0..<size {
                    let sum = zip(seen, weights).reduce(0.0) { $0 + $1.1 * Double(values[$1.0 * size + d]) }
                    out.append(Float(sum / total))
                }
            }
        }
        return out
    }
}
