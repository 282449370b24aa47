/// How the numbers of a matrix are stored, whatever tensors they are spread over.
public enum MatrixType: Hashable, Sendable {
    case f32
    case f16
    case bf16
    case block(BlockFormat)
    /// Integers of 2, 3, 4, 5, 6 or 8 bits without gaps; scales and offsets lie in tensors of their own.
    case affine(bits: Int)
    /// Four-bit floats, two in a byte; scales lie in a tensor of their own.
    case f4E2M1
    /// Eight-bit floats; scales lie in a tensor of their own.
    case f8E4M3

    /// Nil where a tensor of this type is not a matrix by itself.
    init?(_ type: ElementType) {
        switch type {
        case .f32: self = .f32
        case .f16: self = .f16
        case .bf16: self = .bf16
        case .block(let format): self = .block(format)
        case .f8E4M3, .other: return nil
        }
    }

    /// Bytes of a row, whose columns are whole blocks or groups.
    func rowBytes(columns: Int) -> Int {
        switch self {
        case .f32: columns * 4
        case .f16, .bf16: columns * 2
        case .block(let format): columns / format.elementCount * format.byteCount
        case .affine(let bits): columns / 8 * bits
        case .f4E2M1: columns / 2
        case .f8E4M3: columns
        }
    }
}

/// The scales of a packed matrix, where they lie apart from its numbers.
///
/// Number (row, column) is multiplied by the value at [row / groupRows, column / groupColumns], to which the
/// offset at the same place is added.
public struct MatrixScales: Sendable {
    public enum Kind: Hashable, Sendable {
        case f32
        case f16
        case bf16
        /// A power of two in a byte.
        case e8m0
    }

    public let kind: Kind
    public let values: TensorView
    /// The same shape and type as `values`.
    public let offsets: TensorView?
    public let groupRows: Int
    public let groupColumns: Int
}
