internal import CKernels
internal import ModelFiles

/// A matrix of the model, ready to be multiplied with.
///
/// The weights are used where they lie in the mapped file, in the type that they are stored in: loading costs
/// nothing and nothing is kept twice. A layout made for speed would be built here.
struct WeightMatrix {
    let rows: Int
    let columns: Int
    private let view: MatrixView
    private let bias: FloatBuffer?
    private let matrix: ck_matrix

    init(_ view: MatrixView, bias: FloatBuffer? = nil) throws(ModelFileError) {
        guard let weights = view.bytes.baseAddress else {
            throw ModelFileError(view.tensor.file.path, view.tensor.name, "is empty")
        }
        self.view = view
        self.bias = bias
        rows = view.rows
        columns = view.columns
        matrix = ck_matrix(
            weights: weights,
            bias: bias.map { UnsafePointer($0.start) },
            rows: rows,
            columns: columns,
            dtype: try view.tensor.kernelType
        )
    }

    func multiply(_ product: ck_product, _ kernels: ck_kernels) {
        withUnsafePointer(to: matrix) { matrix in
            withUnsafePointer(to: product) { kernels.multiply(matrix, $0) }
        }
    }

    /// Copies one row out.
    ///
    /// `row` is below `rows`.
    func copyRow(_ row: Int, to numbers: UnsafeMutablePointer<Float>, _ kernels: ck_kernels) {
        precondition(row < rows, "a row of the matrix")
        let offset = row * columns * (matrix.dtype == Int32(CK_F32) ? 4 : 2)
        kernels.widen(matrix.dtype, matrix.weights + offset, columns, numbers)
    }
}

extension TensorView {
    /// The kernels' word for how this tensor is stored.
    var kernelType: Int32 {
        get throws(ModelFileError) {
            switch type {
            case .f32: Int32(CK_F32)
            case .f16: Int32(CK_F16)
            case .bf16: Int32(CK_BF16)
            case .other(let type):
                throw ModelFileError(file.path, name, "is stored as \(type), which cannot be used")
            }
        }
    }
}
