import CKernels
import TestSupport
import Testing

private let types = [CK_F32, CK_F16, CK_BF16].map(Int32.init)
private let kinds = [CK_SILU, CK_GELU, CK_GELU_TANH, CK_RELU, CK_RELU2, CK_SWIGLU].map(Int32.init)

/// Every instruction set that this CPU has, held against plain C over random shapes.
@Suite struct `Kernels of every instruction set` {
    @Test(arguments: KernelTable.all.dropFirst(), types)
    func `multiply matrices to the same bits`(table: KernelTable, type: Int32) throws {
        for seed in UInt64(0)..<40 {
            var random = SplitMix64(seed: seed)
            let rows = Int.random(in: 1...21, using: &random), tokens = Int.random(in: 1...15, using: &random)
            let columns = Int.random(in: 1...(seed % 4 == 0 ? 1100 : 90), using: &random)
            let x = wild(tokens * columns, &random), before = wild(tokens * rows, &random)
            let stored = narrowed(wild(rows * columns, &random), type)
            let found = try [KernelTable.all[0], table].map { table in
                var y = before
                try stored.withUnsafeBytes { stored in
                    // One byte off any alignment.
                    var matrix = ck_matrix(
                        weights: try #require(stored.baseAddress) + 1,
                        bias: nil,
                        rows: rows,
                        columns: columns,
                        dtype: type,
                        scales: ck_scales()
                    )
                    try multiply(table, &matrix, x, &y, tokens: tokens)
                }
                return y
            }
            #expect(areSame(found[0], found[1]), "\(rows) x \(columns), \(tokens) tokens, seed \(seed)")
        }
    }

    @Test(arguments: KernelTable.all.dropFirst())
    func `normalise, cap, add and rotate to the same bits`(table: KernelTable) {
        for seed in UInt64(0)..<300 {
            var random = SplitMix64(seed: seed)
            let count = Int.random(in: 1...200, using: &random)
            let x = wild(2 * count, &random), weight = wild(count, &random), other = wild(count, &random)
            let found = [KernelTable.all[0], table].map { table -> [Float] in
                let kernels = table.functions
                var results = [[Float]](repeating: x, count: 6)
                kernels.rms_norm(x, weight, count, 1e-5, &results[0])
                kernels.layer_norm(x, weight, seed % 2 == 0 ? other : nil, count, 1e-5, &results[1])
                kernels.soft_cap(&results[2], count, 3)
                kernels.add_scaled(&results[3], other, 0.37, count)
                kernels.rotate(&results[4], weight, other, count)
                kernels.rotate_pairs(&results[5], weight, other, count)
                return results.flatMap(\.self)
            }
            #expect(areSame(found[0], found[1]), "\(count) numbers, seed \(seed)")
        }
    }

    @Test(arguments: KernelTable.all.dropFirst(), kinds)
    func `bend numbers to the same bits`(table: KernelTable, kind: Int32) {
        var activation = ck_activation(kind: kind, alpha: 1.702, limit: 7)
        for seed in UInt64(0)..<100 {
            var random = SplitMix64(seed: seed)
            let count = Int.random(in: 1...200, using: &random)
            let x = wild(count, &random), other = wild(count, &random)
            let found = [KernelTable.all[0], table].map { table -> [Float] in
                var y = x
                table.functions.activate(&activation, &y, seed % 2 == 0 ? other : nil, count)
                return y
            }
            #expect(areSame(found[0], found[1]), "\(count) numbers, seed \(seed)")
        }
    }

    private func multiply(
        _ table: KernelTable,
        _ matrix: inout ck_matrix,
        _ x: [Float],
        _ y: inout [Float],
        tokens: Int
    ) throws {
        let rows = matrix.rows, columns = matrix.columns
        try x.withUnsafeBufferPointer { x in
            try y.withUnsafeMutableBufferPointer { y in
                var product = ck_product(
                    x: try #require(x.baseAddress),
                    y: try #require(y.baseAddress),
                    x_stride: columns,
                    y_stride: rows,
                    tokens: tokens,
                    first_row: 0,
                    last_row: rows,
                    accumulate: tokens % 2 == 0 ? 1 : 0
                )
                table.functions.multiply(&matrix, &product)
            }
        }
    }

    /// The numbers from the second byte on.
    private func narrowed(_ numbers: [Float], _ type: Int32) -> [UInt8] {
        var stored = [UInt8](repeating: 0, count: numbers.count * 4 + 1)
        stored.withUnsafeMutableBytes { stored in
            guard let start = stored.baseAddress else { return }
            ck_portable().pointee.narrow(type, numbers, numbers.count, start + 1)
        }
        return stored
    }

    /// Numbers of many sizes, now and then one that is odd.
    private func wild(_ count: Int, _ random: inout SplitMix64) -> [Float] {
        let odd: [Float] = [.nan, .infinity, -.infinity, -0.0, .leastNonzeroMagnitude, 90, -90, 3e38]
        let isOdd = Int.random(in: 0..<8, using: &random) == 0
        var numbers = (0..<count).map { _ in
            let sizes: [Float] = [1e-3, 1, 4, 40]
            return Float.random(in: -1...1, using: &random) * sizes[Int.random(in: 0..<4, using: &random)]
        }
        if isOdd {
            numbers[Int.random(in: 0..<count, using: &random)] = odd.randomElement(using: &random) ?? 0
        }
        return numbers
    }

    private func bytes(_ rounded: [ck_rounded]) -> [UInt8] {
        rounded.withUnsafeBytes { Array($0) }
    }

    /// What is not a number may be so in many ways.
    private func areSame(_ left: [Float], _ right: [Float]) -> Bool {
        left.count == right.count
            && zip(left, right).allSatisfy { $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN }
    }
}
