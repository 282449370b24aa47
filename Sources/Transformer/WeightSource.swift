internal import CKernels
internal import ModelFiles

/// Takes weights out of a model's files by name.
struct WeightSource {
    var tensors: TensorSet
    var kernels: ck_kernels

    func matrix(
        _ name: String,
        _ rows: Int,
        _ columns: Int,
        bias: Bool = false
    ) throws(ModelFileError)
        -> WeightMatrix
    {
        let matrix = try tensors.matrix(name, rows: rows, columns: columns)
        return try WeightMatrix(matrix, bias: bias ? vector("\(name).bias", rows) : nil)
    }

    /// Vectors are small, so they are kept as 32-bit numbers.
    func vector(_ name: String, _ count: Int) throws(ModelFileError) -> FloatBuffer {
        let tensor = try tensors.tensor(name, shape: [count])
        let buffer = FloatBuffer(count: count)
        guard let bytes = tensor.bytes.baseAddress else {
            throw ModelFileError(tensor.file.path, name, "is empty")
        }
        kernels.widen(try tensor.kernelType, bytes, count, buffer.start)
        return buffer
    }
}
