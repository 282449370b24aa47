/// A GGUF file in the making; nothing in it has to be right.
struct GGUFDraft {
    /// A value with its type.
    indirect enum Value {
        case uint8(UInt8)
        case uint32(UInt32)
        case int32(Int32)
        case uint64(UInt64)
        case float(Float)
        case double(Double)
        case flag(Bool)
        case text(String)
        case texts([String])
        case int32s([Int32])
        case floats([Float])
        case nested([Value])
    }

    struct Tensor {
        var name: String
        /// As in the file: the fastest dimension first.
        var dimensions: [UInt64]
        var type: UInt32 = 0
        /// Nil: behind the tensor before it.
        var offset: UInt64?
        var data: [UInt8]

        /// A vector or matrix of F32 zeros.
        static func zeros(_ name: String, _ dimensions: UInt64...) -> Tensor {
            let count = dimensions.reduce(1, *)
            return Tensor(
                name: name,
                dimensions: dimensions,
                data: [UInt8](repeating: 0, count: Int(count) * 4)
            )
        }
    }

    var magic: UInt32 = 0x4655_4747
    var version: UInt32 = 3
    var metadata: [(key: String, value: Value)] = []
    var tensors: [Tensor] = []
    /// Nil: the true ones.
    var tensorCount: UInt64?
    var metadataCount: UInt64?

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        append(magic, to: &bytes)
        append(version, to: &bytes)
        append(tensorCount ?? UInt64(tensors.count), to: &bytes)
        append(metadataCount ?? UInt64(metadata.count), to: &bytes)
        for (key, value) in metadata {
            append(key, to: &bytes)
            append(Self.type(of: value), to: &bytes)
            append(value, to: &bytes)
        }
        var data: [UInt8] = []
        for tensor in tensors {
            append(tensor.name, to: &bytes)
            append(UInt32(tensor.dimensions.count), to: &bytes)
            for dimension in tensor.dimensions { append(dimension, to: &bytes) }
            append(tensor.type, to: &bytes)
            append(tensor.offset ?? UInt64(data.count), to: &bytes)
            data += tensor.data
            data += [UInt8](repeating: 0, count: (32 - data.count % 32) % 32)
        }
        bytes += [UInt8](repeating: 0, count: tensors.isEmpty ? 0 : (32 - bytes.count % 32) % 32)
        return bytes + data
    }

    private static func type(of value: Value) -> UInt32 {
        switch value {
        case .uint8: 0
        case .uint32: 4
        case .int32: 5
        case .float: 6
        case .flag: 7
        case .text: 8
        case .texts, .int32s, .floats, .nested: 9
        case .uint64: 10
        case .double: 12
        }
    }

    private func append(_ value: Value, to bytes: inout [UInt8]) {
        switch value {
        case .uint8(let number): bytes.append(number)
        case .uint32(let number): append(number, to: &bytes)
        case .int32(let number): append(number, to: &bytes)
        case .uint64(let number): append(number, to: &bytes)
        case .float(let number): append(number.bitPattern, to: &bytes)
        case .double(let number): append(number.bitPattern, to: &bytes)
        case .flag(let flag): bytes.append(flag ? 1 : 0)
        case .text(let text): append(text, to: &bytes)
        case .texts(let texts): appendArray(of: 8, texts.map(Value.text), to: &bytes)
        case .int32s(let numbers): appendArray(of: 5, numbers.map(Value.int32), to: &bytes)
        case .floats(let numbers): appendArray(of: 6, numbers.map(Value.float), to: &bytes)
        case .nested(let values): appendArray(of: 9, values, to: &bytes)
        }
    }

    private func appendArray(of type: UInt32, _ values: [Value], to bytes: inout [UInt8]) {
        append(type, to: &bytes)
        append(UInt64(values.count), to: &bytes)
        for value in values { append(value, to: &bytes) }
    }

    private func append(_ text: String, to bytes: inout [UInt8]) {
        append(UInt64(text.utf8.count), to: &bytes)
        bytes += Array(text.utf8)
    }

    private func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { bytes += Array($0) }
    }
}
