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

    /// A matrix of the same numbers in blocks of `format`, in memory of its own that `write` fills.
    ///
    /// Columns are whole blocks.
    public func repacked(
        as format: BlockFormat,
        write: (UnsafeMutableRawBufferPointer) -> Void
    ) throws(ModelFileError) -> MatrixView {
        let byteCount = rows * MatrixType.block(format).rowBytes(columns: columns)
        let memory = try MappedFile(standingInFor: tensor.file.path, byteCount: byteCount, write: write)
        let packed = TensorView(
            name: tensor.name,
            type: .block(format),
            shape: [rows, columns],
            range: 0..<byteCount,
            file: memory
        )
        return MatrixView(packed, .block(format), rows: rows, columns: columns)
    }

    /// Brings the matrix into memory, piece by piece; `onBytes` hears how much each was.
    public func populate(onBytes: (Int) -> Void) {
        for tensor in parts {
            for start in stride(from: tensor.range.lowerBound, to: tensor.range.upperBound, by: 16 << 20) {
                let piece = start..<min(start + 16 << 20, tensor.range.upperBound)
                tensor.file.populate(piece)
                onBytes(piece.count)
            }
        }
    }

    /// Gives the memory of its pages back, because another matrix stands in for it now.
    public func release() { for tensor in parts { tensor.file.release(tensor.range) } }

    private var parts: [TensorView] { [tensor, scales?.values, scales?.offsets].compactMap(\.self) }
}
