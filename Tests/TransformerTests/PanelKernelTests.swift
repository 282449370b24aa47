import CKernels
import TestSupport
import Testing

/// Packed matrices laid out for multiplying, with what they are multiplied with rounded to eight bits.
@Suite struct `Panels` {
    @Test(arguments: PackedFixture.all) func `multiply to the same bits by every table`(
        fixture: PackedFixture
    ) throws {
        for tokens in [1, 2, 3, 8, 13] {
            let x = numbers(tokens * fixture.columns, seed: UInt64(tokens))
            let expected = try product(KernelTable.all[0], fixture, x, tokens)
            for table in KernelTable.all.dropFirst() {
                let found = try product(table, fixture, x, tokens)
                #expect(areSame(found, expected), "\(tokens) tokens by \(table.testDescription)")
            }
        }
    }

    @Test(arguments: PackedFixture.all) func `multiply what they stand for`(fixture: PackedFixture) throws {
        let tokens = 3, columns = fixture.columns
        let x = numbers(tokens * columns, seed: 11)
        guard let found = try product(KernelTable.all[0], fixture, x, tokens) else { return }
        let rounded = round(KernelTable.all[0], x, columns)
        for token in 0..<tokens {
            for row in 0..<fixture.rows {
                var sum = 0.0, size = 0.0
                for column in 0..<columns {
                    let block = rounded[(token * columns + column) / 32]
                    let level = withUnsafeBytes(of: block.levels) { Int8(bitPattern: $0[column % 32]) }
                    let term =
                        Double(fixture.numbers[row * columns + column]) * Double(level) * Double(block.scale)
                    sum += term
                    size += abs(term)
                }
                // Random blocks may hold anything.
                guard size.isFinite, size < 1e30 else { continue }
                #expect(abs(Double(found[token * fixture.rows + row]) - sum) <= size * 1e-5)
            }
        }
    }

    @Test(arguments: KernelTable.all) func `round to the nearest of 255 levels`(table: KernelTable) {
        var x = numbers(64, seed: 3)
        for index in 32..<64 { x[index] = 0 }
        let rounded = round(table, x, 64)
        #expect(rounded[0].scale == x[..<32].map(abs).max().map { $0 / 127 })
        for index in 0..<32 {
            let level = withUnsafeBytes(of: rounded[0].levels) { Int8(bitPattern: $0[index]) }
            #expect(abs(Float(level) * rounded[0].scale - x[index]) <= rounded[0].scale * 0.5001)
        }
        #expect(rounded[1].scale == 0 && rounded[1].minus_total == 0)
    }

    @Test(arguments: KernelTable.all) func `round what is no number to nothing worse`(table: KernelTable) {
        for odd in [Float.nan, .infinity, -.infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude] {
            var x = numbers(32, seed: 4)
            x[5] = odd
            let here = round(table, x, 32)[0], plain = round(KernelTable.all[0], x, 32)[0]
            #expect(here.minus_total == plain.minus_total, "\(odd)")
            #expect(
                withUnsafeBytes(of: here.levels, Array.init) == withUnsafeBytes(of: plain.levels, Array.init)
            )
        }
    }

    private func round(_ table: KernelTable, _ x: [Float], _ columns: Int) -> [ck_rounded] {
        var rounded = [ck_rounded](repeating: ck_rounded(), count: x.count / 32)
        x.withUnsafeBufferPointer { x in
            rounded.withUnsafeMutableBufferPointer { rounded in
                guard let from = x.baseAddress, let to = rounded.baseAddress else { return }
                for row in 0..<x.count / columns {
                    table.functions.round(from + row * columns, columns, to + row * columns / 32)
                }
            }
        }
        return rounded
    }

    /// Nil for types that have no panels.
    private func product(
        _ table: KernelTable,
        _ fixture: PackedFixture,
        _ x: [Float],
        _ tokens: Int
    ) throws -> [Float]? {
        let rounded = round(table, x, fixture.columns)
        return try fixture.withMatrix { matrix in
            var plan = ck_panel_plan()
            let byteCount = ck_plan_panels(&matrix, &plan)
            guard byteCount > 0 else { return nil }
            let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: byteCount)
            defer { memory.deallocate() }
            var panels = ck_panels(
                start: memory,
                bias: nil,
                rows: fixture.rows,
                columns: fixture.columns,
                plan: plan
            )
            let count = (fixture.rows + 15) / 16
            ck_fill_panels(&matrix, &panels, 0, count)
            var y = [Float](repeating: 0, count: tokens * fixture.rows)
            try rounded.withUnsafeBufferPointer { rounded in
                try y.withUnsafeMutableBufferPointer { y in
                    var product = ck_panel_product(
                        x: try #require(rounded.baseAddress),
                        y: try #require(y.baseAddress),
                        y_stride: fixture.rows,
                        tokens: tokens,
                        first_panel: 0,
                        last_panel: count,
                        accumulate: 0
                    )
                    table.functions.multiply_panels(&panels, &product)
                }
            }
            return y
        }
    }

    /// What is not a number may be so in many ways.
    private func areSame(_ left: [Float]?, _ right: [Float]?) -> Bool {
        guard let left, let right else { return (left == nil) == (right == nil) }
        return zip(left, right).allSatisfy { $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN }
    }
}
