/// A matrix where it lies in its file, row by row.
///
/// Costs nothing to make and to cut: the numbers stay in the mapped file, in the type that they are stored
/// in.
public struct MatrixView: Sendable {
    public let rows: Int
    public let columns: Int
    public let type: MatrixType
    /// The tensor that it is, or is a part of.
    public let tensor: TensorView
    /// For packed types whose blocks do not hold their scales.
    public let scales: MatrixScales?
    /// Of this matrix in what the scales are for.
    public let firstRow: Int

    /// `tensor` holds `rows * columns` numbers of `type`, and `scales` are enough for them.
    init(_ tensor: TensorView, _ type: MatrixType, rows: Int, columns: Int, scales: MatrixScales? = nil) {
        self.tensor = tensor
        self.type = type
        self.rows = rows
        self.columns = columns
        self.scales = scales
        firstRow = 0
    }

    private init(_ whole: MatrixView, rows kept: Range<Int>) {
        tensor = whole.tensor
        type = whole.type
        rows = kept.count
        columns = whole.columns
        scales = whole.scales
        firstRow = whole.firstRow + kept.lowerBound
    }

    /// Valid as long as the tensor's file lives; with no alignment at all.
    public var bytes: UnsafeRawBufferPointer {
        let rowBytes = type.rowBytes(columns: columns)
        let start = tensor.range.lowerBound + firstRow * rowBytes
        return UnsafeRawBufferPointer(rebasing: tensor.file.bytes[start..<start + rows * rowBytes])
    }

    /// Some of the rows, for matrices that are stored as one; they lie within `rows`.
    public func rows(_ kept: Range<Int>) -> MatrixView {
        precondition(kept.lowerBound >= 0 && kept.upperBound <= rows, "rows of the matrix")
        return MatrixView(self, rows: kept)
    }
}
