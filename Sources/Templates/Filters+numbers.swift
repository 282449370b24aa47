/// Filters that make a number, or write one.
extension Renderer {
    func number(_ filter: Filter, _ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let name = filter.rawValue
        switch filter {
        case .int:
            let values = try arguments.bound(to: ["default", "base"], of: name)
            let radix = try integer(values[1], name, default: 10)
            return try toInteger(value, radix: radix) ?? values[0] ?? .integer(0)
        case .float:
            let standard = try arguments.bound(to: ["default"], of: name)[0]
            if case .undefined(let reason) = value { throw TemplateError(reason) }
            let number = value.asText.map(PythonNumber.double) ?? value.asDouble
            return number.map(Value.float) ?? standard ?? .float(0)
        case .abs:
            if let number = value.asInteger {
                return number < 0 ? try Arithmetic.negative(value) : .integer(number)
            }
            if let number = value.asDouble { return .float(number.magnitude) }
            throw TemplateError("bad operand type for abs(): '\(value.typeName)'")
        case .round: return try rounded(value, arguments)
        default: return try sized(value, arguments)
        }
    }

    private func toInteger(_ value: Value, radix: Int) throws(TemplateError) -> Value? {
        if case .undefined(let reason) = value { throw TemplateError(reason) }
        if let text = value.asText {
            if let number = PythonNumber.integer(text, radix: radix) { return .integer(number) }
            return try PythonNumber.double(text).flatMap { (number) throws(TemplateError) in try cut(number) }
        }
        if case .float(let number) = value { return try cut(number) }
        return value.asInteger.map(Value.integer)
    }

    /// Towards zero; nil where Python has none.
    private func cut(_ number: Double) throws(TemplateError) -> Value? {
        guard !number.isNaN else { return nil }
        guard number.isFinite else { throw TemplateError("cannot convert float infinity to integer") }
        guard let whole = Int(exactly: number.rounded(.towardZero)) else { throw Arithmetic.tooLarge }
        return .integer(whole)
    }

    private func rounded(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let values = try arguments.bound(to: ["precision", "method"], of: "round")
        let digits = try integer(values[0], "round", default: 0)
        let method = try values[1].map { (method) throws(TemplateError) in try text(method, "round") }
        guard let number = value.asDouble else {
            throw TemplateError("type \(value.typeName) doesn't define __round__ method")
        }
        let rule: FloatingPointRoundingRule
        switch method {
        case nil, "common":
            // An int stays an int.
            if let integer = value.asInteger, digits >= 0 { return .integer(integer) }
            let result = PythonNumber.rounded(number, digits: digits)
            return value.asInteger == nil
                ? .float(result) : Int(exactly: result).map(Value.integer) ?? .float(result)
        case "ceil": rule = .up
        case "floor": rule = .down
        default: throw TemplateError("method must be common, ceil or floor")
        }
        guard number.isFinite else { throw TemplateError("cannot convert float infinity to integer") }
        let scale = PythonNumber.power(10, min(max(digits, -308), 308))
        return .float((number * scale).rounded(rule) / scale)
    }

    private func sized(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let isBinary = try arguments.bound(to: ["binary"], of: "filesizeformat")[0]?.isTrue ?? false
        let number = value.asText.map(PythonNumber.double) ?? value.asDouble
        guard let byteCount = number else {
            throw TemplateError("could not convert to float: \(try value.representation())")
        }
        let base: Double = isBinary ? 1024 : 1000
        if byteCount == 1 { return .string("1 Byte") }
        if byteCount < base {
            guard let whole = Int(exactly: byteCount.rounded(.towardZero)) else { throw Arithmetic.tooLarge }
            return .string("\(whole) Bytes")
        }
        var format = FormatSpecification()
        format.kind = "f"
        format.precision = 1
        var unit = base
        let prefixes = ["k", "M", "G", "T", "P", "E", "Z", "Y"]
        for (index, prefix) in prefixes.enumerated() {
            unit *= base
            guard byteCount < unit || index == prefixes.count - 1 else { continue }
            let name = isBinary ? prefix.uppercased() + "iB" : prefix + "B"
            return .string("\(try format.text(of: base * byteCount / unit)) \(name)")
        }
        return .string("")
    }
}
