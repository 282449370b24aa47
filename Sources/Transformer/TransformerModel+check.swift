internal import CKernels
public import ModelFiles

extension TransformerModel {
    /// Throws unless the files hold every tensor that the model computes with, in its shape and in a type
    /// that kernels read.
    ///
    /// Reads headers and the few small vectors, but none of the matrices: a model of any size is checked at
    /// once.
    public static func check(_ directory: ModelDirectory) throws(ModelFileError) {
        let config = try directory.config
        _ = try ModelWeights(directory.openWeights(), config: config, kernels: ck_portable().pointee)
    }
}
