/// One value of a GGUF file's metadata; texts and arrays stay where they lie.
enum GGUFValue: Sendable {
    case integer(Int64)
    /// Too large for a signed integer.
    case large(UInt64)
    case number(Double)
    case bool(Bool)
    case text(Range<Int>)
    case array(GGUFArray)

    /// The value type numbers of the format.
    enum Kind: UInt32 {
        case uint8, int8, uint16, int16, uint32, int32, float32, bool, text, array, uint64, int64, float64

        /// Least bytes of one value.
        var byteCount: Int {
            switch self {
            case .uint8, .int8, .bool: 1
            case .uint16, .int16: 2
            case .uint32, .int32, .float32: 4
            case .text, .uint64, .int64, .float64: 8
            case .array: 12
            }
        }
    }

    /// Reads a value of `kind` and moves behind it.
    init(
        _ kind: Kind,
        _ cursor: inout GGUFCursor,
        of field: String,
        depthLeft: Int = ModelFileLimits.metadataDepth
    ) throws(ModelFileError) {
        switch kind {
        case .uint8: self = .integer(Int64(try cursor.number(UInt8.self, of: field)))
        case .int8: self = .integer(Int64(try cursor.number(Int8.self, of: field)))
        case .uint16: self = .integer(Int64(try cursor.number(UInt16.self, of: field)))
        case .int16: self = .integer(Int64(try cursor.number(Int16.self, of: field)))
        case .uint32: self = .integer(Int64(try cursor.number(UInt32.self, of: field)))
        case .int32: self = .integer(Int64(try cursor.number(Int32.self, of: field)))
        case .int64: self = .integer(try cursor.number(Int64.self, of: field))
        case .uint64:
            let value = try cursor.number(UInt64.self, of: field)
            self = Int64(exactly: value).map { .integer($0) } ?? .large(value)
        case .float32:
            self = .number(Double(Float(bitPattern: try cursor.number(UInt32.self, of: field))))
        case .float64: self = .number(Double(bitPattern: try cursor.number(UInt64.self, of: field)))
        case .bool: self = .bool(try cursor.number(UInt8.self, of: field) != 0)
        case .text: self = .text(try cursor.text(of: field))
        case .array: self = .array(try GGUFArray(&cursor, of: field, depthLeft: depthLeft))
        }
    }

    static func kind(_ cursor: inout GGUFCursor, of field: String) throws(ModelFileError) -> Kind {
        let raw = try cursor.number(UInt32.self, of: field)
        guard let kind = Kind(rawValue: raw) else {
            throw ModelFileError(cursor.path, field, "has the unknown value type \(raw)")
        }
        return kind
    }
}

/// An array of a GGUF file's metadata, checked from its first value to its last.
struct GGUFArray: Sendable {
    var kind: GGUFValue.Kind
    var count: Int
    /// Bytes of the values.
    var range: Range<Int>

    init(_ cursor: inout GGUFCursor, of field: String, depthLeft: Int) throws(ModelFileError) {
        guard depthLeft > 0 else {
            throw ModelFileError(
                cursor.path,
                field,
                "is nested deeper than \(ModelFileLimits.metadataDepth) arrays"
            )
        }
        kind = try GGUFValue.kind(&cursor, of: field)
        count = try cursor.count(of: field, size: kind.byteCount)
        let start = cursor.offset
        switch kind {
        case .text: for _ in 0..<count { _ = try cursor.text(of: field) }
        case .array:
            for _ in 0..<count { _ = try GGUFArray(&cursor, of: field, depthLeft: depthLeft - 1) }
        default: _ = try cursor.take(count * kind.byteCount, of: field)
        }
        range = start..<cursor.offset
    }
}
