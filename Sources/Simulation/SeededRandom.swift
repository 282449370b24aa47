/// Random numbers that a seed decides (SplitMix64), so that a failing history can be replayed.
public struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True once in `n` on average.
    public mutating func once(in n: UInt64) -> Bool { next() % n == 0 }

    public mutating func duration(_ range: ClosedRange<Int64>) -> Duration {
        .microseconds(Int64.random(in: range, using: &self))
    }
}
