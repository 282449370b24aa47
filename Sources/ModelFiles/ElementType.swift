/// How the numbers of a tensor are stored.
public enum ElementType: Hashable, Sendable, CustomStringConvertible {
    case f32
    case f16
    case bf16
    case block(BlockFormat)
    /// Eight-bit floats without infinities; they come with scales in another tensor.
    case f8E4M3
    /// Named in a file; not computed with, or only as a part of a packed matrix.
    case other(String)

    /// The type of this name whose numbers each fill whole bytes.
    ///
    /// Blocks are not among them: a safetensors file knows none, and their size follows from the rows.
    init(named name: String) {
        switch name {
        case "F32": self = .f32
        case "F16": self = .f16
        case "BF16": self = .bf16
        case "F8_E4M3": self = .f8E4M3
        default: self = .other(name)
        }
    }

    public var description: String {
        switch self {
        case .f32: "F32"
        case .f16: "F16"
        case .bf16: "BF16"
        case .block(let format): format.rawValue
        case .f8E4M3: "F8_E4M3"
        case .other(let name): name
        }
    }

    /// Bytes of a number; nil for types that are not known here or do not fill whole bytes.
    public var byteCount: Int? {
        switch self {
        case .f32: 4
        case .f16, .bf16: 2
        case .f8E4M3: 1
        case .block: nil
        case .other("BOOL"), .other("U8"), .other("I8"), .other("F8_E5M2"), .other("F8_E8M0"): 1
        case .other("U16"), .other("I16"): 2
        case .other("U32"), .other("I32"): 4
        case .other("U64"), .other("I64"), .other("F64"), .other("C64"): 8
        case .other: nil
        }
    }
}
