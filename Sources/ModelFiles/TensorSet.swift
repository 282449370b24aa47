/// All tensors of a model by name, whatever files they lie in.
///
/// Names are those of Hugging Face repositories; a reader of another format translates its own into them.
public struct TensorSet: Sendable {
    /// The file or the shard index, for errors.
    public let path: String
    private let tensors: [String: TensorView]
    private var preparation: (any MatrixPreparation)?

    init(path: String, tensors: [String: TensorView]) {
        self.path = path
        self.tensors = tensors
    }

    /// The same tensors, whose matrices pass `preparation` on their way out.
    public func prepared(by preparation: any MatrixPreparation) -> TensorSet {
        var copy = self
        copy.preparation = preparation
        return copy
    }

    public var names: [String] { tensors.keys.sorted() }

    /// Bytes of all tensors.
    public var byteCount: Int { tensors.values.reduce(0) { $0 + $1.range.count } }

    public func contains(_ name: String) -> Bool { tensors[name] != nil }

    /// Nil if there is no such tensor.
    public subscript(_ name: String) -> TensorView? { tensors[name] }

    /// The tensor, if it is there with this shape and its numbers are 32 or 16 bits wide.
    public func tensor(_ name: String, shape: [Int]) throws(ModelFileError) -> TensorView {
        guard let tensor = tensors[name] else { throw ModelFileError(path, name, "is missing") }
        return try tensor.checked(shape: shape)
    }

    /// The matrix of a module, in any way in which it may be stored: `name` is without `.weight`.
    public func matrix(_ name: String, rows: Int, columns: Int) throws(ModelFileError) -> MatrixView {
        guard let weight = tensors["\(name).weight"] else {
            throw ModelFileError(path, "\(name).weight", "is missing")
        }
        return try prepared(matrix(name, weight, shape: [rows, columns]))
    }

    /// A stack of equal matrices that lie one behind the other, as experts often do; nil if there is none.
    ///
    /// Where there is no `name.weight`, `name_blocks` or `name` itself will do.
    public func stack(
        _ name: String,
        count: Int,
        rows: Int,
        columns: Int
    ) throws(ModelFileError) -> [MatrixView]? {
        let stack: MatrixView
        let shape = [count, rows, columns]
        if let weight = tensors["\(name).weight"] ?? tensors[name] {
            stack = try matrix(name, weight, shape: shape)
        } else if let blocks = tensors["\(name)_blocks"] {
            stack = try PackedMatrix(tensors: tensors, weight: blocks, shape: shape).microscaled(name)
        } else if let whole = tensors[name] {
            stack = try matrix(name, whole, shape: shape)
        } else {
            return nil
        }
        let ready = try prepared(stack)
        return (0..<count).map { ready.rows($0 * rows..<($0 + 1) * rows) }
    }

    private func prepared(_ matrix: MatrixView) throws(ModelFileError) -> MatrixView {
        try preparation?.prepared(matrix) ?? matrix
    }

    private func matrix(
        _ name: String,
        _ weight: TensorView,
        shape: [Int]
    ) throws(ModelFileError) -> MatrixView {
        let packed = PackedMatrix(tensors: tensors, weight: weight, shape: shape)
        switch weight.type {
        case .other("U32"): return try packed.mlx(name)
        case .f8E4M3: return try packed.float8(name)
        default: break
        }
        guard let type = MatrixType(weight.type) else {
            throw weight.error("is stored as \(weight.type), which cannot be used")
        }
        let checked = try weight.checked(shape: shape, types: [weight.type])
        return MatrixView(checked, type, rows: shape.dropLast().reduce(1, *), columns: shape.last ?? 1)
    }
}

/// What is done to each matrix when it is taken out of a model's files.
public protocol MatrixPreparation: Sendable {
    /// The matrix itself, or one with the same rows and columns in its place.
    func prepared(_ matrix: MatrixView) throws(ModelFileError) -> MatrixView
}
