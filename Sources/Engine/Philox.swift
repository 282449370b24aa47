/// Random numbers without a state: number n of a stream is computed from its key and n, on any worker, at any
/// time.
///
/// Philox 4x32 with 10 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
struct Philox {
    typealias Block = (UInt32, UInt32, UInt32, UInt32)

    let key: (UInt32, UInt32)

    /// The 128 bits at `counter`.
    func block(at counter: Block) -> Block {
        var (c0, c1, c2, c3) = counter
        var (k0, k1) = key
        for _ in 0..<10 {
            // The full product of two 32-bit words fits 64 bits; the key schedule is defined modulo 2^32.
            let first = UInt64(c0) &* 0xD251_1F53
            let second = UInt64(c2) &* 0xCD9E_8D57
            c0 = UInt32(truncatingIfNeeded: second >> 32) ^ c1 ^ k0
            c1 = UInt32(truncatingIfNeeded: second)
            c2 = UInt32(truncatingIfNeeded: first >> 32) ^ c3 ^ k1
            c3 = UInt32(truncatingIfNeeded: first)
            k0 = k0 &+ 0x9E37_79B9
            k1 = k1 &+ 0xBB67_AE85
        }
        return (c0, c1, c2, c3)
    }

    /// A number in [0, 1) with 53 bits, from the first two words at `counter`.
    func uniform(at counter: Block) -> Double {
        let (high, low, _, _) = block(at: counter)
        return Double(UInt64(high >> 5) << 26 | UInt64(low >> 6)) * 0x1p-53
    }
}
