import CKernels
import Foundation
import JSON
import ModelFiles
import TestSupport
import Testing

/// A packed matrix with the numbers that the program which defined its format reads from it.
struct PackedFixture: Sendable, CustomTestStringConvertible {
    /// Blocks of every format, by gguf; groups of bits and four-bit floats, by mlx.
    static let all: [PackedFixture] = {
        guard let document = try? document() else { return [] }
        let blocks = (document["blocks"]?.objectValue ?? [:]).map { ofBlocks($0.key, $0.value) }
        return blocks.compactMap(\.self) + (document["groups"]?.arrayValue ?? []).compactMap(ofGroups)
    }()

    let testDescription: String
    let type: Int32
    let stored: [UInt8]
    let rows: Int
    let columns: Int
    var scales: [UInt8] = []
    var offsets: [UInt8] = []
    var scalesType: Int32 = 0
    var group = 0
    /// Row by row.
    let numbers: [Float]

    /// The matrix as kernels take it, with `first` for its first row.
    func withMatrix<Result>(first: Int = 0, _ body: (inout ck_matrix) throws -> Result) throws -> Result {
        let rowBytes = columns / ck_block_elements(type) * ck_block_bytes(type)
        return try stored.withUnsafeBytes { stored in
            try scales.withUnsafeBytes { scales in
                try offsets.withUnsafeBytes { offsets in
                    var matrix = ck_matrix(
                        weights: try #require(stored.baseAddress) + first * rowBytes,
                        bias: nil,
                        rows: rows - first,
                        columns: columns,
                        dtype: type,
                        scales: ck_scales(
                            values: scales.baseAddress,
                            offsets: offsets.baseAddress,
                            first_row: first,
                            group_rows: 1,
                            group_columns: group,
                            dtype: scalesType
                        )
                    )
                    return try body(&matrix)
                }
            }
        }
    }

    private static func document() throws -> JSONValue {
        let path = try #require(Bundle.module.resourcePath) + "/Fixtures/packed.json"
        return try JSONValue(parsing: TestFile.bytes(of: path), limits: .modelFile)
    }

    private static func ofBlocks(_ name: String, _ value: JSONValue) -> PackedFixture? {
        guard let place = BlockFormat.allCases.firstIndex(where: { $0.rawValue == name }) else { return nil }
        let numbers = floats(value["numbers"])
        let type = Int32(CK_Q8_0) + Int32(place)
        return PackedFixture(
            testDescription: name,
            type: type,
            stored: bytes(value["stored"]),
            rows: 2,
            columns: numbers.count / 2,
            numbers: numbers
        )
    }

    private static func ofGroups(_ value: JSONValue) -> PackedFixture? {
        guard let bits = value["bits"]?.integerValue, let group = value["group"]?.integerValue,
            let kind = value["type"]?.stringValue
        else { return nil }
        let types = [2: CK_U2, 3: CK_U3, 4: CK_U4, 5: CK_U5, 6: CK_U6, 8: CK_U8]
        let kinds = ["F32": CK_F32, "F16": CK_F16, "BF16": CK_BF16, "U8": CK_E8M0]
        guard let type = kind == "U8" ? CK_E2M1 : types[Int(bits)], let scalesType = kinds[kind] else {
            return nil
        }
        return PackedFixture(
            testDescription: "\(bits) bits in groups of \(group), scales in \(kind)",
            type: Int32(type),
            stored: bytes(value["weight"]),
            rows: 2,
            columns: 128,
            scales: bytes(value["scales"]),
            offsets: bytes(value["biases"]),
            scalesType: Int32(scalesType),
            group: Int(group),
            numbers: floats(value["numbers"])
        )
    }

    private static func bytes(_ hex: JSONValue?) -> [UInt8] {
        let digits = Array((hex?.stringValue ?? "").utf8).compactMap {
            Character(UnicodeScalar($0)).hexDigitValue
        }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    private static func floats(_ hex: JSONValue?) -> [Float] {
        let bytes = bytes(hex)
        return bytes.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: 4).map {
                bytes.loadUnaligned(fromByteOffset: $0, as: Float.self)
            }
        }
    }
}
