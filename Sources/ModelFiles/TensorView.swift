/// One tensor, where it lies in its file.
///
/// Keeps the file mapped.
///
/// `range` lies inside the file, and for known types it is as long as `shape` says.
public struct TensorView: Sendable {
    public var name: String
    public var type: ElementType
    public var shape: [Int]
    /// Bytes of the file.
    public var range: Range<Int>
    public var file: MappedFile

    /// Valid as long as `file` lives; with no alignment at all.
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: file.bytes[range]) }

    /// Throws unless the tensor has exactly this shape and is stored as one of these types.
    func checked(
        shape expected: [Int],
        types: [ElementType] = [.f32, .f16, .bf16]
    ) throws(ModelFileError)
        -> TensorView
    {
        guard shape == expected else {
            throw error("has the shape \(shape), the model's configuration asks for \(expected)")
        }
        guard types.contains(type) else {
            let wanted = types.map(\.description).joined(separator: ", ")
            throw error("is stored as \(type), only \(wanted) can be used here")
        }
        return self
    }

    func error(_ problem: String) -> ModelFileError { ModelFileError(file.path, name, problem) }

    /// Bytes of `shape` numbers of `size` bytes each.
    static func byteCount(
        _ shape: [Int],
        _ size: Int,
        tooLarge: () -> ModelFileError
    ) throws(ModelFileError) -> Int {
        var product = size
        for count in shape {
            let (next, overflow) = product.multipliedReportingOverflow(by: count)
            guard !overflow else { throw tooLarge() }
            product = next
        }
        return product
    }

    static func refuseOverlaps(_ tensors: [TensorView], in path: String) throws(ModelFileError) {
        let ordered = tensors.filter { !$0.range.isEmpty }.sorted {
            $0.range.lowerBound < $1.range.lowerBound
        }
        for (left, right) in zip(ordered, ordered.dropFirst())
        where left.range.upperBound > right.range.lowerBound {
            throw ModelFileError(path, right.name, "its data overlap those of \(left.name)")
        }
    }
}
