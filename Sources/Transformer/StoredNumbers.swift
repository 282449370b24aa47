internal import CKernels
internal import ModelFiles

/// Numbers in a form in which model files store them, to be read as the kernels read them.
public struct StoredNumbers: Sendable {
    /// What is wrong with a type's name or its bytes.
    public enum Fault: Error, Hashable, Sendable, CustomStringConvertible {
        case unknownType(String)
        /// The bytes are not a whole number of blocks.
        case partialBlock(type: String, blockBytes: Int, bytes: Int)

        public var description: String {
            switch self {
            case .unknownType(let name):
                "the type \"\(name)\" is not known; known are "
                    + StoredNumbers.typeNames.joined(separator: ", ")
            case .partialBlock(let type, let blockBytes, let bytes):
                "\(bytes) bytes are not whole blocks of \(type), which have \(blockBytes)"
            }
        }
    }

    /// Types whose numbers need nothing else to be read.
    public static let typeNames = ["F32", "F16", "BF16"] + BlockFormat.allCases.map(\.rawValue)

    private let bytes: [UInt8]
    private let kernelType: Int32

    public init(type name: String, bytes: [UInt8]) throws(Fault) {
        switch name {
        case "F32": kernelType = Int32(CK_F32)
        case "F16": kernelType = Int32(CK_F16)
        case "BF16": kernelType = Int32(CK_BF16)
        default:
            guard let format = BlockFormat(rawValue: name) else { throw .unknownType(name) }
            kernelType = format.kernelType
        }
        let blockBytes = ck_block_bytes(kernelType)
        guard bytes.count.isMultiple(of: blockBytes) else {
            throw .partialBlock(type: name, blockBytes: blockBytes, bytes: bytes.count)
        }
        self.bytes = bytes
    }

    /// Exactly what the bytes stand for, by the fastest kernels of this CPU.
    public var floats: [Float] {
        let count = bytes.count / ck_block_bytes(kernelType) * ck_block_elements(kernelType)
        var numbers = [Float](repeating: 0, count: count)
        bytes.withUnsafeBytes { bytes in
            guard let weights = bytes.baseAddress else { return }
            var matrix = ck_matrix(
                weights: weights,
                bias: nil,
                rows: 1,
                columns: count,
                dtype: kernelType,
                scales: ck_scales()
            )
            ck_fastest().pointee.read_row(&matrix, 0, &numbers)
        }
        return numbers
    }
}
