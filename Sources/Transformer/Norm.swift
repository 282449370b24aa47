internal import CKernels
internal import ModelFiles

/// Brings the numbers of a token to a common size.
struct Norm {
    private let kind: NormKind
    private let epsilon: Float
    private let weight: FloatBuffer
    private let bias: FloatBuffer?

    /// `name` is without `.weight`.
    init(_ source: WeightSource, _ name: String, _ config: NormConfig, count: Int) throws(ModelFileError) {
        kind = config.kind
        epsilon = config.epsilon
        weight = try source.vector("\(name).weight", count)
        if config.addsOne { weight.add(1) }
        bias = config.hasBias ? try source.vector("\(name).bias", count) : nil
    }

    /// `to` may be `from`.
    func apply(_ from: UnsafePointer<Float>, to: UnsafeMutablePointer<Float>, _ kernels: ck_kernels) {
        switch kind {
        case .rms: kernels.rms_norm(from, weight.start, weight.count, epsilon, to)
        case .layer:
            kernels.layer_norm(
                from,
                weight.start,
                bias.map { UnsafePointer($0.start) },
                weight.count,
                epsilon,
                to
            )
        }
    }
}

/// The norm of queries or keys, which is always an RMS norm.
struct HeadNormWeights {
    private let kind: HeadNorm
    private let epsilon: Float
    private let weight: FloatBuffer

    /// Nil where the family has none.
    init?(
        _ source: WeightSource,
        _ name: String,
        _ config: NormConfig,
        heads: Int,
        headSize: Int
    ) throws(ModelFileError) {
        guard config.heads != .none else { return nil }
        kind = config.heads
        epsilon = config.epsilon
        weight = try source.vector("\(name).weight", kind == .allHeads ? heads * headSize : headSize)
        if config.addsOne { weight.add(1) }
    }

    /// All heads of a token.
    func apply(_ numbers: UnsafeMutablePointer<Float>, heads: Int, _ kernels: ck_kernels) {
        let pieces = kind == .allHeads ? 1 : heads
        for piece in 0..<pieces {
            let start = numbers + piece * weight.count
            kernels.rms_norm(start, weight.start, weight.count, epsilon, start)
        }
    }
}
