import CKernels
import ModelFiles
import TestSupport
import Testing
import Transformer

@Suite struct `Packed weights` {
    @Test func `are tried in every form`() {
        #expect(PackedFixture.all.count == BlockFormat.allCases.count + 6 * 3 + 1)
    }

    @Test(arguments: KernelTable.all, PackedFixture.all)
    func `are read exactly as by the programs that define them`(
        table: KernelTable,
        fixture: PackedFixture
    ) throws {
        #expect(bits(try read(table, fixture)) == bits(fixture.numbers))
    }

    @Test(arguments: PackedFixture.all.prefix(BlockFormat.allCases.count))
    func `have the sizes that files are checked against`(fixture: PackedFixture) throws {
        let format = try #require(BlockFormat(rawValue: fixture.testDescription))
        #expect(ck_block_bytes(fixture.type) == format.byteCount)
        #expect(ck_block_elements(fixture.type) == format.elementCount)
        let stored = try StoredNumbers(type: format.rawValue, bytes: fixture.stored)
        #expect(bits(stored.floats) == bits(fixture.numbers))
    }

    @Test(arguments: KernelTable.all, PackedFixture.all)
    func `multiply to the very bits of the numbers that they stand for`(
        table: KernelTable,
        fixture: PackedFixture
    ) throws {
        // Numbers of random blocks may be huge; those of the product only have to be the same.
        for tokens in [1, 2, 3, 7, 64, 70] {
            let x = numbers(tokens * fixture.columns, seed: UInt64(tokens))
            let packed = try fixture.withMatrix { try multiply(table, &$0, x, tokens: tokens) }
            let plain = try fixture.numbers.withUnsafeBytes { numbers in
                var matrix = ck_matrix(
                    weights: try #require(numbers.baseAddress),
                    bias: nil,
                    rows: fixture.rows,
                    columns: fixture.columns,
                    dtype: Int32(CK_F32),
                    scales: ck_scales()
                )
                return try multiply(table, &matrix, x, tokens: tokens)
            }
            #expect(bits(packed) == bits(plain), "\(tokens) tokens")
        }
    }

    @Test(arguments: KernelTable.all, [64, 320, 1056])
    func `multiply each row alike in any company`(table: KernelTable, columns: Int) throws {
        let rows = 19, tokens = 70
        let weights = numbers(rows * columns, seed: 5), x = numbers(tokens * columns, seed: 6)
        var stored = [UInt8](repeating: 0, count: rows * columns / 32 * ck_block_bytes(Int32(CK_Q4_0)))
        ck_quantize(Int32(CK_Q4_0), weights, weights.count, &stored)
        try stored.withUnsafeBytes { stored in
            var matrix = ck_matrix(
                weights: try #require(stored.baseAddress),
                bias: nil,
                rows: rows,
                columns: columns,
                dtype: Int32(CK_Q4_0),
                scales: ck_scales()
            )
            let whole = try multiply(table, &matrix, x, tokens: tokens)
            for count in [1, 2, 3, 59, 61] {
                let some = try multiply(table, &matrix, Array(x.prefix(count * columns)), tokens: count)
                #expect(bits(some) == bits(whole.prefix(count * rows)), "\(count) tokens")
            }
            let alone = try multiply(table, &matrix, x, tokens: tokens, rowsAtOnce: 1)
            #expect(bits(alone) == bits(whole))
        }
    }

    @Test(arguments: KernelTable.all) func `may be eight-bit floats in scaled squares`(
        table: KernelTable
    ) throws {
        let patterns = Array(UInt8.min...UInt8.max)
        let scales: [Float] = [1, 2, 0.5, -4]
        // The first row is row 127 of the squares, so that the second one has other scales.
        let stored = patterns + patterns
        let result = try stored.withUnsafeBytes { stored in
            try scales.withUnsafeBytes { scales in
                var matrix = ck_matrix(
                    weights: try #require(stored.baseAddress),
                    bias: nil,
                    rows: 2,
                    columns: 256,
                    dtype: Int32(CK_E4M3),
                    scales: ck_scales(
                        values: scales.baseAddress,
                        offsets: nil,
                        first_row: 127,
                        group_rows: 128,
                        group_columns: 128,
                        dtype: Int32(CK_F32)
                    )
                )
                return read(table, &matrix)
            }
        }
        for (index, number) in result.enumerated() {
            let exact = float8(patterns[index % 256]) * scales[index / 128]
            #expect(number.bitPattern == exact.bitPattern || number.isNaN && exact.isNaN, "\(index)")
        }
    }

    @Test func `are rounded to the nearest level, and never harmed by what is no number`() {
        var numbers: [Float] = (0..<32).map { Float($0) - 16 }
        var stored = [UInt8](repeating: 0, count: 34)
        ck_quantize(Int32(CK_Q8_0), numbers, 32, &stored)
        #expect(stored[2] == UInt8(bitPattern: -127) && stored[2 + 16] == 0)
        #expect(stored[2 + 31] == 119)  // 15 / 16 * 127 is 119.06
        ck_quantize(Int32(CK_Q4_0), numbers, 32, &stored)
        #expect(stored[2] & 15 == 0 && stored[2] >> 4 == 8)
        numbers[3] = .nan
        numbers[4] = .infinity
        ck_quantize(Int32(CK_Q8_0), numbers, 32, &stored)
        ck_quantize(Int32(CK_Q4_0), numbers, 32, &stored)
    }

    private func float8(_ pattern: UInt8) -> Float {
        let sign: Float = pattern & 0x80 == 0 ? 1 : -1
        let exponent = Int(pattern >> 3 & 15), mantissa = Float(pattern & 7)
        if pattern & 0x7F == 0x7F { return .nan }
        if exponent == 0 { return sign * mantissa * 0x1p-9 }
        return sign * Float(sign: .plus, exponent: exponent - 7, significand: 1 + mantissa / 8)
    }

    private func read(_ table: KernelTable, _ fixture: PackedFixture) throws -> [Float] {
        // The second row once more as the first of a part.
        let last = try fixture.withMatrix(first: 1) { read(table, &$0) }
        let all = try fixture.withMatrix { read(table, &$0) }
        #expect(bits(last) == bits(all.suffix(fixture.columns)))
        return all
    }

    private func read(_ table: KernelTable, _ matrix: inout ck_matrix) -> [Float] {
        var row = [Float](repeating: 0, count: matrix.columns), all: [Float] = []
        for index in 0..<matrix.rows {
            table.functions.read_row(&matrix, index, &row)
            all += row
        }
        return all
    }

    private func multiply(
        _ table: KernelTable,
        _ matrix: inout ck_matrix,
        _ x: [Float],
        tokens: Int,
        rowsAtOnce: Int = .max
    ) throws -> [Float] {
        let rows = matrix.rows, columns = matrix.columns
        var y = [Float](repeating: 0, count: tokens * rows)
        try y.withUnsafeMutableBufferPointer { y in
            try x.withUnsafeBufferPointer { x in
                for row in stride(from: 0, to: rows, by: min(rowsAtOnce, rows)) {
                    var product = ck_product(
                        x: try #require(x.baseAddress),
                        y: try #require(y.baseAddress),
                        x_stride: columns,
                        y_stride: rows,
                        tokens: tokens,
                        first_row: row,
                        last_row: row + min(rowsAtOnce, rows),
                        accumulate: 0
                    )
                    table.functions.multiply(&matrix, &product)
                }
            }
        }
        return y
    }
}
