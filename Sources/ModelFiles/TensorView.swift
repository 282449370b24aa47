/// How the numbers of a tensor are stored.
public enum ElementType: Hashable, Sendable, CustomStringConvertible {
    case f32
    case f16
    case bf16
    /// Named in a file, and not computed with.
    case other(String)

    init(named name: String) {
        switch name {
        case "F32": self = .f32
        case "F16": self = .f16
        case "BF16": self = .bf16
        default: self = .other(name)
        }
    }

    public var description: String {
        switch self {
        case .f32: "F32"
        case .f16: "F16"
        case .bf16: "BF16"
        case .other(let name): name
        }
    }

    /// Nil for types that are not known here or do not fill whole bytes.
    public var byteCount: Int? {
        switch self {
        case .f32: 4
        case .f16, .bf16: 2
        case .other("BOOL"), .other("U8"), .other("I8"), .other("F8_E5M2"), .other("F8_E4M3"),
            .other("F8_E8M0"):
            1
        case .other("U16"), .other("I16"): 2
        case .other("U32"), .other("I32"): 4
        case .other("U64"), .other("I64"), .other("F64"), .other("C64"): 8
        case .other: nil
        }
    }
}

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

    /// Throws unless the tensor has exactly this shape and one of the types that kernels read.
    public func checked(shape expected: [Int]) throws(ModelFileError) -> TensorView {
        guard shape == expected else {
            throw ModelFileError(file.path, name, "has the shape \(shape), config.json asks for \(expected)")
        }
        if case .other(let type) = type {
            throw ModelFileError(file.path, name, "is stored as \(type); only F32, F16 and BF16 can be used")
        }
        return self
    }
}
