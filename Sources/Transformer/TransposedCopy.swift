internal import ModelFiles

/// A matrix that its file holds as [input, output], turned round.
///
/// The only weights that are copied: the kernels walk along the inputs.
final class TransposedCopy {
    /// Where the columns that become rows lie within a row of the file.
    struct Place {
        var first: Int
        var step: Int
        /// Numbers in a row of the file.
        var width: Int
        /// Rows of the file before the first.
        var rowsBefore = 0
    }

    let start: UnsafeMutableRawPointer
    let rows: Int
    let columns: Int
    let kernelType: Int32

    /// `tensor` holds 32 or 16-bit numbers, of which `place` names `columns` rows of `rows` numbers.
    init(
        _ tensor: TensorView,
        place: Place,
        rows: Int,
        columns: Int,
        isFilled: Bool
    ) throws(ModelFileError) {
        guard let size = tensor.type.byteCount else {
            throw ModelFileError(tensor.file.path, tensor.name, "cannot be turned round")
        }
        self.rows = rows
        self.columns = columns
        kernelType = try tensor.kernelType
        start = .allocate(byteCount: rows * columns * size, alignment: 64)
        guard isFilled else { return }
        if size == 4 {
            turn(tensor.bytes, place, as: UInt32.self)
        } else {
            turn(tensor.bytes, place, as: UInt16.self)
        }
    }

    deinit { start.deallocate() }

    private func turn<Number: FixedWidthInteger>(
        _ source: UnsafeRawBufferPointer,
        _ place: Place,
        as type: Number.Type
    ) {
        let numbers = start.bindMemory(to: type, capacity: rows * columns), size = MemoryLayout<Number>.size
        for column in 0..<columns {
            let first = (place.rowsBefore + column) * place.width + place.first
            for row in 0..<rows {
                numbers[row * columns + column] = source.loadUnaligned(
                    fromByteOffset: (first + row * place.step) * size,
                    as: type
                )
            }
        }
    }
}
