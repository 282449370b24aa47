/// A matrix where it lies in its file, row by row.
///
/// Costs nothing to make and to cut: the numbers stay in the mapped file, in the type that they are stored
/// in.
public struct MatrixView: Sendable {
    public let rows: Int
    public let columns: Int
    public let type: ElementType
    /// The tensor that it is, or is a part of.
    public let tensor: TensorView
    /// Bytes of the file.
    private let range: Range<Int>

    /// `tensor` has `rows * columns` numbers of a type that is computed with.
    init(_ tensor: TensorView, rows: Int, columns: Int) {
        self.tensor = tensor
        self.rows = rows
        self.columns = columns
        type = tensor.type
        range = tensor.range
    }

    private init(_ whole: MatrixView, rows kept: Range<Int>) {
        tensor = whole.tensor
        rows = kept.count
        columns = whole.columns
        type = whole.type
        let rowBytes = whole.rows > 0 ? whole.range.count / whole.rows : 0
        let start = whole.range.lowerBound + kept.lowerBound * rowBytes
        range = start..<start + kept.count * rowBytes
    }

    /// Valid as long as the tensor's file lives; with no alignment at all.
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: tensor.file.bytes[range]) }

    /// Some of the rows, for matrices that are stored as one; they lie within `rows`.
    public func rows(_ kept: Range<Int>) -> MatrixView {
        precondition(kept.lowerBound >= 0 && kept.upperBound <= rows, "rows of the matrix")
        return MatrixView(self, rows: kept)
    }
}
