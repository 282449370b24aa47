/// A way to pack numbers into blocks that bring their own scales, as GGUF files hold them.
///
/// Names, sizes and meaning are ggml's.
public enum BlockFormat: String, CaseIterable, Hashable, Sendable, CustomStringConvertible {
    case q8_0 = "Q8_0"
    case q4_0 = "Q4_0"
    case q4_1 = "Q4_1"
    case q5_0 = "Q5_0"
    case q5_1 = "Q5_1"
    case q2_K = "Q2_K"
    case q3_K = "Q3_K"
    case q4_K = "Q4_K"
    case q5_K = "Q5_K"
    case q6_K = "Q6_K"
    case iq4_NL = "IQ4_NL"
    case iq4_XS = "IQ4_XS"
    case mxfp4 = "MXFP4"

    public var description: String { rawValue }

    /// Numbers in a block; a row holds whole blocks.
    public var elementCount: Int {
        switch self {
        case .q8_0, .q4_0, .q4_1, .q5_0, .q5_1, .iq4_NL, .mxfp4: 32
        case .q2_K, .q3_K, .q4_K, .q5_K, .q6_K, .iq4_XS: 256
        }
    }

    public var byteCount: Int {
        switch self {
        case .q8_0: 34
        case .q4_0: 18
        case .q4_1: 20
        case .q5_0: 22
        case .q5_1: 24
        case .q2_K: 84
        case .q3_K: 110
        case .q4_K: 144
        case .q5_K: 176
        case .q6_K: 210
        case .iq4_NL: 18
        case .iq4_XS: 136
        case .mxfp4: 17
        }
    }
}
