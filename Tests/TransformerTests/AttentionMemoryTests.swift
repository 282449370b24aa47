import CKernels
import TestSupport
import Testing

/// The tables that this CPU can run.
private let tables = KernelTable.all

@Suite struct `A key in eight bits` {
    @Test(arguments: tables) func `has levels of its largest magnitude`(table: KernelTable) {
        let kept = keep([254, -254, 2, 1, -3, 0, 100.9, 127], table)
        #expect(kept.levels == [127, -127, 1, 0, -2, 0, 50, 64])
        #expect(kept.scale == 2)
    }

    @Test(arguments: tables) func `may be zero or too small for a scale`(table: KernelTable) {
        #expect(keep([0, 0, -0, 0, 0, 0, 0, 0], table).levels == [0, 0, 0, 0, 0, 0, 0, 0])
        let tiny = Float.leastNonzeroMagnitude
        let kept = keep([tiny, 0, -tiny, 0, 0, 0, 0, 0], table)
        #expect(kept.levels == [0, 0, 0, 0, 0, 0, 0, 0] && kept.scale == 0)
        let small = keep([100 * tiny, 0, -100 * tiny, tiny, 0, 0, 0, 0], table)
        #expect(small.levels == [100, 0, -100, 1, 0, 0, 0, 0] && small.scale == tiny)
    }

    @Test(arguments: tables, [Float.nan, .infinity, -.infinity]) func `is no number if one of its is none`(
        table: KernelTable,
        wrong: Float
    ) {
        let kept = keep([1, 2, 3, wrong, 5, 6, 7, 8], table)
        #expect(kept.scale.isNaN && kept.levels.allSatisfy { $0 == 0 })
    }

    /// The key of the only position in a block.
    private func keep(_ key: [Float], _ table: KernelTable) -> (levels: [Int8], scale: Float) {
        var keys = [UInt8](repeating: 0xAA, count: 12), values = keys
        key.withUnsafeBufferPointer { key in
            keys.withUnsafeMutableBufferPointer { keys in
                values.withUnsafeMutableBufferPointer { values in
                    guard let key = key.baseAddress, let keys = keys.baseAddress,
                        let values = values.baseAddress
                    else { return }
                    var entry = ck_kv_entry(
                        key: key,
                        value: key,
                        keys: keys,
                        values: values,
                        head_dim: 8,
                        block_tokens: 1,
                        slot: 0,
                        kind: Int32(CK_KV_Q8)
                    )
                    table.functions.keep(&entry)
                }
            }
        }
        #expect(keys == values)
        let scale = keys[8...].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return (keys.prefix(8).map { Int8(bitPattern: $0) }, Float(bitPattern: scale))
    }
}
