internal import CKernels
internal import ModelFiles

/// Takes weights out of a model's files by name.
struct WeightSource {
    var tensors: TensorSet
    var kernels: ck_kernels
    /// Lays packed matrices out for multiplying; nil: they are unpacked exactly, each time.
    var panels: PanelMaker?
    /// Whether matrices lie in the files as [input, output].
    var areTransposed = false
    /// What the names begin with.
    var root = ""
    /// Whether the matrices are only looked for: those that would have to be copied are not.
    var onlyChecks = false

    init(_ tensors: TensorSet, kernels: ck_kernels) {
        self.tensors = tensors
        self.kernels = kernels
    }

    /// Finds the root of a family's names: the first under which there is a token embedding.
    init(_ tensors: TensorSet, config: ModelConfig, kernels: ck_kernels, panels: PanelMaker? = nil) {
        self.tensors = tensors
        self.panels = panels
        self.kernels = kernels
        let names = config.family.tensors
        areTransposed = names.areTransposed && config.origin == .huggingFace
        root =
            names.roots.first { tensors.contains("\($0)\(names.embedding).weight") } ?? names.roots.first
            ?? ""
    }

    func contains(_ name: String) -> Bool { tensors.contains(root + name) }

    /// `name` is without `.weight`.
    func matrix(
        _ name: String,
        _ rows: Int,
        _ columns: Int,
        bias: Bool = false
    ) throws(ModelFileError) -> WeightMatrix {
        try matrices(name, [rows], columns, bias: bias)[0]
    }

    /// Several matrices that are stored as one, each of so many rows.
    func matrices(
        _ name: String,
        _ rows: [Int],
        _ columns: Int,
        bias: Bool = false
    ) throws(ModelFileError) -> [WeightMatrix] {
        let total = rows.reduce(0, +)
        let biases = bias ? try vector("\(name).bias", total) : nil
        let whole = areTransposed ? nil : try tensors.matrix(root + name, rows: total, columns: columns)
        let tensor =
            areTransposed ? try tensors.tensor("\(root)\(name).weight", shape: [columns, total]) : nil
        var matrices: [WeightMatrix] = []
        var first = 0
        for count in rows {
            let bias = biases?.part(from: first, count: count)
            if let whole {
                matrices.append(
                    try WeightMatrix(whole.rows(first..<first + count), bias: bias, panels: panels)
                )
            } else if let tensor {
                let copy = try TransposedCopy(
                    tensor,
                    place: .init(first: first, step: 1, width: total),
                    rows: count,
                    columns: columns,
                    isFilled: !onlyChecks
                )
                matrices.append(WeightMatrix(copy, bias: bias))
            }
            first += count
        }
        return matrices
    }

    func tensor(_ name: String, _ shape: [Int]) throws(ModelFileError) -> TensorView {
        try tensors.tensor(root + name, shape: shape)
    }

    /// Nil where there is no such stack.
    func stack(
        _ name: String,
        _ count: Int,
        _ rows: Int,
        _ columns: Int
    ) throws(ModelFileError) -> [MatrixView]? {
        try tensors.stack(root + name, count: count, rows: rows, columns: columns)
    }

    /// Vectors are small, so they are kept as 32-bit numbers.
    func vector(_ name: String, _ count: Int) throws(ModelFileError) -> FloatBuffer {
        try numbers(name, shape: [count])
    }

    /// A whole tensor as 32-bit numbers.
    func numbers(_ name: String, shape: [Int]) throws(ModelFileError) -> FloatBuffer {
        let tensor = try tensors.tensor(root + name, shape: shape)
        let buffer = FloatBuffer(count: shape.reduce(1, *))
        guard let bytes = tensor.bytes.baseAddress else {
            throw ModelFileError(tensor.file.path, tensor.name, "is empty")
        }
        kernels.widen(try tensor.kernelType, bytes, buffer.count, buffer.start)
        return buffer
    }
}

extension TensorView {
    /// The kernels' word for how the numbers of a vector are stored.
    var kernelType: Int32 {
        get throws(ModelFileError) {
            switch type {
            case .f32: Int32(CK_F32)
            case .f16: Int32(CK_F16)
            case .bf16: Int32(CK_BF16)
            case .block, .f8E4M3, .other:
                throw ModelFileError(file.path, name, "is stored as \(type), which cannot be used here")
            }
        }
    }
}
