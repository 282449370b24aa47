/// Calculations with Python's rules; what does not fit into 64 bits is an error.
enum Arithmetic {
    static func negative(_ value: Value) throws(TemplateError) -> Value {
        if case .float(let number) = value { return .float(-number) }
        guard let number = value.asInteger else { throw refusal("bad operand type for unary -", value) }
        return .integer(try fitting(number.multipliedReportingOverflow(by: -1)))
    }

    static func positive(_ value: Value) throws(TemplateError) -> Value {
        if case .float = value { return value }
        guard let number = value.asInteger else { throw refusal("bad operand type for unary +", value) }
        return .integer(number)
    }

    static func calculate(
        _ sign: BinaryOperator,
        _ left: Value,
        _ right: Value
    ) throws(TemplateError) -> Value {
        if let first = left.asInteger, let second = right.asInteger {
            return try integers(sign, first, second)
        }
        if let first = left.asDouble, let second = right.asDouble { return try doubles(sign, first, second) }
        for case .undefined(let reason) in [left, right] { throw TemplateError(reason) }
        if sign == .add {
            switch left {
            case .string: throw TemplateError("can only concatenate str (not \"\(right.typeName)\") to str")
            case .list: throw TemplateError("can only concatenate list (not \"\(right.typeName)\") to list")
            default: break
            }
        }
        throw TemplateError(
            "unsupported operand type(s) for \(sign.rawValue): '\(left.typeName)' and '\(right.typeName)'"
        )
    }

    private static func integers(
        _ sign: BinaryOperator,
        _ left: Int,
        _ right: Int
    ) throws(TemplateError) -> Value {
        switch sign {
        case .add: return .integer(try fitting(left.addingReportingOverflow(right)))
        case .subtract: return .integer(try fitting(left.subtractingReportingOverflow(right)))
        case .multiply: return .integer(try fitting(left.multipliedReportingOverflow(by: right)))
        case .divide:
            guard right != 0 else { throw TemplateError("division by zero") }
            return .float(Double(left) / Double(right))
        case .floorDivide, .remainder:
            guard right != 0 else {
                throw TemplateError(
                    sign == .remainder ? "integer modulo by zero" : "integer division or modulo by zero"
                )
            }
            let quotient = try fitting(left.dividedReportingOverflow(by: right))
            let remainder = left.remainderReportingOverflow(dividingBy: right).partialValue
            // Python rounds towards minus infinity.
            let isBetween = remainder != 0 && (remainder < 0) != (right < 0)
            return .integer(
                sign == .floorDivide
                    ? (isBetween ? quotient - 1 : quotient) : (isBetween ? remainder + right : remainder)
            )
        case .power: return try power(left, right)
        }
    }

    private static func power(_ base: Int, _ exponent: Int) throws(TemplateError) -> Value {
        guard exponent >= 0 else {
            guard base != 0 else { throw TemplateError("0.0 cannot be raised to a negative power") }
            return .float(PythonNumber.power(Double(base), exponent))
        }
        if base.magnitude <= 1 {
            return .integer(exponent == 0 ? 1 : base == -1 && exponent % 2 == 0 ? 1 : base)
        }
        guard exponent < 64 else { throw tooLarge }
        var result = 1
        for _ in 0..<exponent { result = try fitting(result.multipliedReportingOverflow(by: base)) }
        return .integer(result)
    }

    private static func doubles(
        _ sign: BinaryOperator,
        _ left: Double,
        _ right: Double
    ) throws(TemplateError) -> Value {
        switch sign {
        case .add: return .float(left + right)
        case .subtract: return .float(left - right)
        case .multiply: return .float(left * right)
        case .divide, .floorDivide, .remainder:
            guard right != 0 else { throw TemplateError("float division by zero") }
            if sign == .divide { return .float(left / right) }
            var remainder = left.truncatingRemainder(dividingBy: right)
            if remainder == 0 {
                remainder = Double(signOf: right, magnitudeOf: 0)
            } else if (remainder < 0) != (right < 0) {
                remainder += right
            }
            if sign == .remainder { return .float(remainder) }
            let quotient = ((left - remainder) / right).rounded()
            return .float(quotient == 0 ? Double(signOf: left / right, magnitudeOf: 0) : quotient)
        case .power:
            guard let exponent = Int(exactly: right) else {
                guard right == 0.5, left >= 0 else {
                    throw TemplateError("a power with this exponent is not supported")
                }
                return .float(left.squareRoot())
            }
            return .float(PythonNumber.power(left, exponent))
        }
    }

    static let tooLarge = TemplateError("a number does not fit into 64 bits")

    private static func fitting(_ result: (partialValue: Int, overflow: Bool)) throws(TemplateError) -> Int {
        guard !result.overflow else { throw tooLarge }
        return result.partialValue
    }

    private static func refusal(_ problem: String, _ value: Value) -> TemplateError {
        if case .undefined(let reason) = value { return TemplateError(reason) }
        return TemplateError("\(problem): '\(value.typeName)'")
    }
}

extension Renderer {
    /// Calculations that make texts and lists are paid for here; the rest is `Arithmetic`.
    func calculate(_ sign: BinaryOperator, _ left: Value, _ right: Value) throws(TemplateError) -> Value {
        switch (sign, left, right) {
        case (.add, .string(let first), .string(let second)): return try checked(first + second)
        case (.add, .list(let first), .list(let second)): return try list(first.elements + second.elements)
        case (.add, .tuple(let first), .tuple(let second)):
            return try tuple(first.elements + second.elements)
        case (.add, .markup, .string), (.add, .string, .markup), (.add, .markup, .markup):
            let result = try escaped(left).text() + escaped(right).text()
            return .markup(try checked(result).text())
        case (.multiply, .string, _), (.multiply, .markup, _), (.multiply, .list, _), (.multiply, .tuple, _):
            if let count = right.asInteger { return try repeated(left, count) }
        case (.multiply, _, .string), (.multiply, _, .markup), (.multiply, _, .list), (.multiply, _, .tuple):
            if let count = left.asInteger { return try repeated(right, count) }
        case (.remainder, .string, _), (.remainder, .markup, _): return try format(left, right)
        default: break
        }
        return try Arithmetic.calculate(sign, left, right)
    }

    private func repeated(_ value: Value, _ count: Int) throws(TemplateError) -> Value {
        let count = max(0, count)
        if let text = value.asText {
            let (size, overflow) = text.utf8.count.multipliedReportingOverflow(by: count)
            try checkLength(overflow ? .max : size)
            return try checked(text.isEmpty ? "" : String(repeating: text, count: count), like: value)
        }
        let source = try elements(of: value)
        let (size, overflow) = source.count.multipliedReportingOverflow(by: count)
        try charge(elements: overflow ? .max : size)
        var elements: [Value] = []
        if !source.isEmpty { for _ in 0..<count { elements += source } }
        if case .tuple = value { return .tuple(List(elements)) }
        return .list(List(elements))
    }
}
