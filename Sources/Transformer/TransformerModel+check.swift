internal import CKernels
public import ModelFiles

extension TransformerModel {
    /// Throws unless the files hold every tensor that the model computes with, in its shape and in a type
    /// that kernels read.
    ///
    /// Reads headers and the few small vectors, but none of the matrices: a model of any size is checked at
    /// once.
    public static func check(_ source: ModelSource) throws(ModelFileError) {
        let config = try source.config
        var weights = WeightSource(try source.openWeights(), config: config, kernels: ck_portable().pointee)
        weights.onlyChecks = true
        let hasHead = config.family.isCausal
        _ = try ForwardPass(config: config, source: weights, memory: nil, threads: 1, hasHead: hasHead)
    }
}
