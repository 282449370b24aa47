/// The methods and properties of Python's numbers.
enum NumberMethod: String {
    case bitCount = "bit_count"
    case bitLength = "bit_length"
    case conjugate
    case isInteger = "is_integer"

    /// Whole numbers and others have different ones.
    func exists(for value: Value) -> Bool {
        switch self {
        case .bitCount, .bitLength: value.asInteger != nil
        case .conjugate: true
        case .isInteger: value.asInteger == nil
        }
    }

    func result(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        _ = try arguments.bound(to: [], of: rawValue)
        switch self {
        case .bitCount: return .integer(value.asInteger?.magnitude.nonzeroBitCount ?? 0)
        case .bitLength:
            return .integer(value.asInteger.map { Int.bitWidth - $0.magnitude.leadingZeroBitCount } ?? 0)
        case .conjugate: return value.asInteger.map(Value.integer) ?? value
        case .isInteger: return .bool(value.asDouble.map { $0 == $0.rounded(.towardZero) } ?? false)
        }
    }

    static func property(_ name: String, of value: Value) -> Value? {
        let isWhole = value.asInteger != nil
        switch name {
        case "real": return value.asInteger.map(Value.integer) ?? value
        case "imag": return isWhole ? .integer(0) : .float(0)
        case "numerator": return value.asInteger.map(Value.integer)
        case "denominator": return isWhole ? .integer(1) : nil
        default: return nil
        }
    }
}
