import CKernels
import Foundation
import TestSupport
import Testing

/// The tables that this CPU can run.
private let tables = KernelTable.all

struct KernelTable: @unchecked Sendable, CustomTestStringConvertible {
    // Unchecked because of C function pointers, which hold nothing.

    static let all = [ck_portable(), ck_avx2(), ck_avx512()].compactMap(\.self).map {
        KernelTable(functions: $0.pointee)
    }

    let functions: ck_kernels

    var testDescription: String { String(cString: functions.name) }
}

private let types = [CK_F32, CK_F16, CK_BF16].map(Int32.init)

@Suite struct `Kernels` {
    @Test func `are the best that the CPU has`() {
        #expect(String(cString: ck_path()) == tables.last?.testDescription)
    }

    @Test(arguments: tables) func `widen every 16-bit number exactly`(table: KernelTable) {
        let patterns = Array(UInt16.min...UInt16.max)
        var numbers = [Float](repeating: 0, count: patterns.count)
        table.functions.widen(Int32(CK_F16), patterns, patterns.count, &numbers)
        for (pattern, number) in zip(patterns, numbers) {
            let exact = Float(Float16(bitPattern: pattern))
            #expect(number.bitPattern == exact.bitPattern || number.isNaN && exact.isNaN, "f16 \(pattern)")
        }
        table.functions.widen(Int32(CK_BF16), patterns, patterns.count, &numbers)
        #expect(zip(patterns, numbers).allSatisfy { UInt32($0) << 16 == $1.bitPattern })
    }

    @Test(arguments: tables) func `round to the nearest 16-bit number`(table: KernelTable) {
        var random = SplitMix64(seed: 1)
        var numbers: [Float] = [
            0, -0, .infinity, -.infinity, .nan, 65_504, 65_519.996, 65_520, 0x1p-24, 0x1p-25,
        ]
        numbers += [
            0x1.000002p-25, 0x1.8p-24, 0x1p-14, 0x1.ffcp-15, 1.000_488_281_25, 1.001_464_843_75, 1e-30, 3e38,
        ]
        for _ in 0..<20_000 {
            numbers.append(Float(bitPattern: UInt32(truncatingIfNeeded: random.next())))
            numbers.append(Float.random(in: -8...8, using: &random))
            numbers.append(Float.random(in: -1e-4...1e-4, using: &random))
        }
        var halves = [UInt16](repeating: 0, count: numbers.count)
        table.functions.narrow(Int32(CK_F16), numbers, numbers.count, &halves)
        for (number, half) in zip(numbers, halves) {
            let exact = Float16(number)
            #expect(
                half == exact.bitPattern || exact.isNaN && Float16(bitPattern: half).isNaN,
                "\(number) to f16"
            )
        }
        table.functions.narrow(Int32(CK_BF16), numbers, numbers.count, &halves)
        for (number, half) in zip(numbers, halves) where number.isFinite {
            let below = number.bitPattern >> 16, rest = number.bitPattern & 0xFFFF
            let up = rest > 0x8000 || rest == 0x8000 && below & 1 == 1
            #expect(UInt32(half) == below + (up ? 1 : 0), "\(number) to bf16")
        }
    }

    @Test(arguments: tables, types) func `multiply matrices of any size`(table: KernelTable, type: Int32) {
        for (rows, columns, tokens) in [
            (1, 1, 1), (7, 8, 1), (13, 33, 5), (24, 64, 3), (50, 100, 18), (9, 1031, 70),
        ] {
            let problem = MatrixProblem(rows: rows, columns: columns, tokens: tokens, type: type, seed: 7)
            let result = problem.run(table)
            #expect(
                distance(result, problem.exact) <= 1e-5 * Float(columns).squareRoot(),
                "\(rows) x \(columns)"
            )
        }
    }

    @Test(arguments: tables, types) func `multiply each row alike in any company`(
        table: KernelTable,
        type: Int32
    ) {
        let problem = MatrixProblem(rows: 53, columns: 203, tokens: 23, type: type, seed: 8)
        let whole = bits(problem.run(table))
        for tokens in [1, 2, 3, 4, 5, 8, 11] {
            #expect(bits(problem.run(table, tokensAtOnce: tokens)) == whole, "\(tokens) tokens at once")
        }
        for rows in [1, 2, 3, 8, 10, 52] {
            #expect(bits(problem.run(table, rowsAtOnce: rows)) == whole, "\(rows) rows at once")
        }
    }

    @Test(arguments: tables, [1, 8, 31, 32, 64, 77, 1000]) func `normalise rows`(
        table: KernelTable,
        count: Int
    ) {
        let x = numbers(count, seed: 3), weight = numbers(count, seed: 4)
        var y = [Float](repeating: 0, count: count)
        table.functions.rms_norm(x, weight, count, 1e-5, &y)
        let square = x.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(count)
        let exact = zip(x, weight).map { Float(Double($0) / (square + 1e-5).squareRoot() * Double($1)) }
        #expect(distance(y, exact) <= 2e-6)
        var inPlace = x
        inPlace.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            table.functions.rms_norm(base, weight, count, 1e-5, base)
        }
        #expect(bits(inPlace) == bits(y))
    }

    @Test(arguments: tables, [1, 8, 31, 64, 77, 1000]) func `take the mean away before they normalise`(
        table: KernelTable,
        count: Int
    ) {
        let x = numbers(count, seed: 3).map { $0 + 2 }, weight = numbers(count, seed: 4),
            bias = numbers(count, seed: 5)
        let mean = x.reduce(0.0) { $0 + Double($1) } / Double(count)
        let variance = x.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(count)
        for bias in [bias, nil] {
            var y = x
            y.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                table.functions.layer_norm(base, weight, bias, count, 1e-5, base)
            }
            let exact = x.indices.map {
                Float((Double(x[$0]) - mean) / (variance + 1e-5).squareRoot() * Double(weight[$0]))
                    + (bias?[$0] ?? 0)
            }
            #expect(distance(y, exact) <= 4e-6)
        }
    }

    static let activations: [(kind: Int, exact: @Sendable (Double) -> Double)] = [
        (CK_SILU, { $0 / (1 + exponential(-$0)) }),
        (CK_GELU, { $0 / 2 * erfc(-$0 / 2.0.squareRoot()) }),
        (
            CK_GELU_TANH,
            { $0 / 2 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) }
        ),
        (CK_RELU, { max($0, 0) }),
        (CK_RELU2, { max($0, 0) * max($0, 0) }),
    ]

    @Test(arguments: tables, activations.indices) func `bend numbers`(table: KernelTable, index: Int) {
        let (kind, exact) = Self.activations[index]
        var activation = ck_activation(kind: Int32(kind), alpha: 0, limit: 0)
        for count in [1, 7, 8, 100] {
            let x = numbers(count, seed: 5).map { $0 * 12 }, other = numbers(count, seed: 6)
            var alone = x, gated = x
            table.functions.activate(&activation, &alone, nil, count)
            table.functions.activate(&activation, &gated, other, count)
            for i in 0..<count {
                let expected = exact(Double(x[i]))
                let error = max(
                    abs(Double(alone[i]) - expected),
                    abs(Double(gated[i]) - expected * Double(other[i]))
                )
                #expect(error <= 1.6e-6 * max(1, abs(expected)), "of \(x[i])")
            }
        }
        var extremes: [Float] = [-1000, 1000, -0.0, .nan, -90, 90]
        table.functions.activate(&activation, &extremes, nil, 6)
        let far = kind == CK_RELU2 ? 1000 : 1
        #expect(abs(extremes[0]) < 1e-30 && extremes[1] == Float(1000 * far) && extremes[2] == 0)
        #expect(abs(extremes[4]) < 1e-30 && extremes[5] == (kind == CK_RELU2 ? 8100 : 90))
        #expect(extremes[3].isNaN || kind == CK_RELU || kind == CK_RELU2)
    }

    @Test(arguments: tables, [1, 7, 8, 100]) func `cut a gate off`(table: KernelTable, count: Int) {
        let gates = numbers(count, seed: 5).map { $0 * 12 }, ups = numbers(count, seed: 6).map { $0 * 9 }
        var activation = ck_activation(kind: Int32(CK_SWIGLU), alpha: 1.702, limit: 7)
        var result = gates
        table.functions.activate(&activation, &result, ups, count)
        let exact = zip(gates, ups).map { gate, up in
            let gate = min(Double(gate), 7), up = min(max(Double(up), -7), 7)
            return Float((up + 1) * gate / (1 + exponential(-1.702 * gate)))
        }
        #expect(distance(result, exact) <= 2e-5)
    }

    @Test(arguments: tables, [1, 8, 77]) func `cap and add`(table: KernelTable, count: Int) {
        let x = numbers(count, seed: 7)
        for (scale, cap) in [(0.01, 1), (1, 2), (300, 50)] as [(Float, Float)] {
            var capped = x.map { $0 * scale }
            let exact = capped.map { cap * Float(tanh(Double($0) / Double(cap))) }
            table.functions.soft_cap(&capped, count, cap)
            #expect(zip(capped, exact).allSatisfy { abs($0 - $1) <= 5e-7 * abs($1) })
        }
        var sum = numbers(count, seed: 8)
        let exact = zip(sum, x).map { $0 + 0.25 * $1 }
        table.functions.add_scaled(&sum, x, 0.25, count)
        #expect(sum == exact)
    }

    @Test(arguments: tables, [1, 3, 4, 8, 11, 20, 64]) func `rotate heads`(table: KernelTable, half: Int) {
        let x = numbers(2 * half, seed: 9), cosines = numbers(half, seed: 10), sines = numbers(half, seed: 11)
        var turned = x
        table.functions.rotate(&turned, cosines, sines, half)
        for i in 0..<half {
            #expect(abs(turned[i] - (x[i] * cosines[i] - x[i + half] * sines[i])) <= 1e-6)
            #expect(abs(turned[i + half] - (x[i + half] * cosines[i] + x[i] * sines[i])) <= 1e-6)
        }
        turned = x
        table.functions.rotate_pairs(&turned, cosines, sines, half)
        for i in 0..<half {
            #expect(abs(turned[2 * i] - (x[2 * i] * cosines[i] - x[2 * i + 1] * sines[i])) <= 1e-6)
            #expect(abs(turned[2 * i + 1] - (x[2 * i + 1] * cosines[i] + x[2 * i] * sines[i])) <= 1e-6)
        }
    }
}

/// e^x = (e^(x / 1024))^1024, with the inner one as a short series.
func exponential(_ x: Double) -> Double {
    let small = x / 1024
    var power = 1 + small * (1 + small / 2 * (1 + small / 3 * (1 + small / 4 * (1 + small / 5))))
    for _ in 0..<10 { power *= power }
    return power
}

/// Numbers between -1 and 1 that are exact in every type that a matrix can have.
func numbers(_ count: Int, seed: UInt64) -> [Float] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { _ in Float(Int.random(in: -128...128, using: &random)) / 128 }
}

/// A matrix at an odd address, and tokens for it.
private struct MatrixProblem {
    let rows: Int
    let columns: Int
    let tokens: Int
    let type: Int32
    let weights: [Float]
    let bias: [Float]
    let x: [Float]
    let before: [Float]
    /// The same values as `weights`, one byte off any alignment.
    let stored: [UInt8]

    init(rows: Int, columns: Int, tokens: Int, type: Int32, seed: UInt64) {
        self.rows = rows
        self.columns = columns
        self.tokens = tokens
        self.type = type
        let weights = numbers(rows * columns, seed: seed)
        self.weights = weights
        bias = numbers(rows, seed: seed + 1)
        x = numbers(tokens * columns, seed: seed + 2).map { $0 * 0.7 }
        before = numbers(tokens * rows, seed: seed + 3)
        var stored = [UInt8](repeating: 0, count: rows * columns * 4 + 1)
        stored.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            ck_portable().pointee.narrow(type, weights, rows * columns, base + 1)
        }
        self.stored = stored
    }

    var exact: [Float] {
        (0..<tokens * rows).map { index in
            let token = index / rows, row = index % rows
            let sum = (0..<columns).reduce(0.0) {
                $0 + Double(weights[row * columns + $1]) * Double(x[token * columns + $1])
            }
            return Float(Double(before[index]) + sum + Double(bias[row]))
        }
    }

    func run(_ table: KernelTable, tokensAtOnce: Int = .max, rowsAtOnce: Int = .max) -> [Float] {
        var y = before
        stored.withUnsafeBytes { stored in
            guard let base = stored.baseAddress else { return }
            bias.withUnsafeBufferPointer { bias in
                var matrix = ck_matrix(
                    weights: base + 1,
                    bias: bias.baseAddress,
                    rows: rows,
                    columns: columns,
                    dtype: type,
                    scales: ck_scales()
                )
                for token in stride(from: 0, to: tokens, by: min(tokensAtOnce, tokens)) {
                    for row in stride(from: 0, to: rows, by: min(rowsAtOnce, rows)) {
                        multiply(
                            table,
                            &matrix,
                            &y,
                            tokens: token..<min(token + min(tokensAtOnce, tokens), tokens),
                            rows: row..<min(row + min(rowsAtOnce, rows), rows)
                        )
                    }
                }
            }
        }
        return y
    }

    private func multiply(
        _ table: KernelTable,
        _ matrix: inout ck_matrix,
        _ y: inout [Float],
        tokens: Range<Int>,
        rows: Range<Int>
    ) {
        x.withUnsafeBufferPointer { x in
            y.withUnsafeMutableBufferPointer { y in
                guard let x = x.baseAddress, let y = y.baseAddress else { return }
                var product = ck_product(
                    x: x + tokens.lowerBound * columns,
                    y: y + tokens.lowerBound * self.rows,
                    x_stride: columns,
                    y_stride: self.rows,
                    tokens: tokens.count,
                    first_row: rows.lowerBound,
                    last_row: rows.upperBound,
                    accumulate: 1
                )
                table.functions.multiply(&matrix, &product)
            }
        }
    }
}
