import CKernels

/// What is done to each token between the matrices, on numbers that are in the cache.
enum VectorSubject: String, CaseIterable, Sendable {
    case rmsNorm = "rms norm"
    case round = "round to 8 bits"
    case rotate = "rotate"
    case activate = "silu x other"
    case add = "add"

    private static let count = 3072
    private static let repetitionCount = 1000

    /// Returns how many numbers were worked on.
    func run(_ memory: BenchMemory, part: Int) -> Double {
        let kernels = ck_fastest().pointee
        // Each thread has numbers of its own.
        let start = memory.floats() + part * 8 * Self.count
        let x = start, other = start + Self.count, to = start + 2 * Self.count
        var activation = ck_activation(kind: Int32(CK_SILU), alpha: 0, limit: 0)
        for _ in 0..<Self.repetitionCount {
            switch self {
            case .rmsNorm: kernels.rms_norm(x, other, Self.count, 1e-6, to)
            case .round:
                to.withMemoryRebound(to: ck_rounded.self, capacity: Self.count / Int(CK_ROUNDED_NUMBERS)) {
                    kernels.round(x, Self.count, $0)
                }
            case .rotate: kernels.rotate(to, x, other, Self.count / 2)
            case .activate: kernels.activate(&activation, to, other, Self.count)
            case .add: kernels.add_scaled(to, x, 1e-6, Self.count)
            }
        }
        return Double(Self.count * Self.repetitionCount)
    }

    static func memoryByteCount(threadCount: Int) -> Int { threadCount * 8 * count * 4 }
}
