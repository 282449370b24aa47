/// All tensors of a model by name, whatever files they lie in.
///
/// Names are those of Hugging Face repositories; a reader of another format translates its own into them.
public struct TensorSet: Sendable {
    /// The file or the shard index, for errors.
    public let path: String
    private let tensors: [String: TensorView]

    init(path: String, tensors: [String: TensorView]) {
        self.path = path
        self.tensors = tensors
    }

    public var names: [String] { tensors.keys.sorted() }

    public func contains(_ name: String) -> Bool { tensors[name] != nil }

    /// Nil if there is no such tensor.
    public subscript(_ name: String) -> TensorView? { tensors[name] }

    /// The tensor, if it is there with this shape and in a type that kernels read.
    public func tensor(_ name: String, shape: [Int]) throws(ModelFileError) -> TensorView {
        guard let tensor = tensors[name] else { throw ModelFileError(path, name, "is missing") }
        return try tensor.checked(shape: shape)
    }

    /// The matrix of a module: `name` is without `.weight`.
    public func matrix(_ name: String, rows: Int, columns: Int) throws(ModelFileError) -> MatrixView {
        MatrixView(try tensor("\(name).weight", shape: [rows, columns]), rows: rows, columns: columns)
    }

    /// A stack of equal matrices that lie one behind the other, as experts often do; nil if there is none.
    public func stack(
        _ name: String,
        count: Int,
        rows: Int,
        columns: Int
    ) throws(ModelFileError) -> [MatrixView]? {
        guard contains("\(name).weight") else { return nil }
        let all = try tensor("\(name).weight", shape: [count, rows, columns])
        let stack = MatrixView(all, rows: count * rows, columns: columns)
        return (0..<count).map { stack.rows($0 * rows..<($0 + 1) * rows) }
    }
}
