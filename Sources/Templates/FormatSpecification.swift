/// How one value is written into a text: what stands behind the `%` or the `:` of a format.
struct FormatSpecification {
    var fill: Unicode.Scalar = " "
    /// `<`, `>`, `^` or `=`; nil where the value's kind decides.
    var alignment: Unicode.Scalar?
    /// `+`, `-` or a space.
    var sign: Unicode.Scalar = "-"
    var isAlternative = false
    var width = 0
    /// `,` or `_` between groups of digits.
    var grouping: Unicode.Scalar?
    var precision: Int?
    var kind: Unicode.Scalar?

    init() {}

    /// `[[fill]align][sign][#][0][width][grouping][.precision][kind]`.
    init(_ text: String) throws(TemplateError) {
        var rest = text.unicodeScalars[...]
        let alignments: Set<Unicode.Scalar> = ["<", ">", "^", "="]
        if let first = rest.first, let second = rest.dropFirst().first, alignments.contains(second) {
            fill = first
            alignment = second
            rest = rest.dropFirst(2)
        } else if let first = rest.first, alignments.contains(first) {
            alignment = first
            rest.removeFirst()
        }
        if let first = rest.first, ["+", "-", " "].contains(first) { sign = rest.removeFirst() }
        if rest.first == "#" {
            isAlternative = true
            rest.removeFirst()
        }
        if rest.first == "0" {
            rest.removeFirst()
            if alignment == nil {
                fill = "0"
                alignment = "="
            }
        }
        width = try Self.number(&rest) ?? 0
        if let first = rest.first, [",", "_"].contains(first) { grouping = rest.removeFirst() }
        if rest.first == "." {
            rest.removeFirst()
            guard let digits = try Self.number(&rest) else {
                throw TemplateError("Format specifier missing precision")
            }
            precision = digits
        }
        kind = rest.popFirst()
        guard rest.isEmpty else { throw TemplateError("Invalid format specifier '\(text)'") }
    }

    /// Digits, if there are some.
    static func number(_ rest: inout Substring.UnicodeScalarView) throws(TemplateError) -> Int? {
        var digits = ""
        while let digit = rest.first, digit.isASCII, digit.properties.numericType == .decimal {
            digits.unicodeScalars.append(rest.removeFirst())
            guard digits.utf8.count < 9 else { throw TemplateError("a format is wider than 8 digits say") }
        }
        return Int(digits)
    }

    // MARK: - Values

    func text(of value: Value) throws(TemplateError) -> String {
        switch value {
        case .string, .markup: return try padded(string: try value.text())
        case .integer(let number): return try text(of: number)
        case .bool(let flag): return try text(of: flag ? 1 : 0)
        case .float(let number): return try text(of: number)
        case .undefined: return try padded(string: "")
        default:
            throw TemplateError("unsupported format string passed to \(value.typeName).__format__")
        }
    }

    private func padded(string: String) throws(TemplateError) -> String {
        guard kind == nil || kind == "s" else { throw unknownKind("str") }
        guard alignment != "=" || fill == "0" else {
            throw TemplateError("'=' alignment not allowed in string format specifier")
        }
        let text = precision.map { String(string.unicodeScalars.prefix($0)) } ?? string
        return try padded(text, isNumber: false)
    }

    private func unknownKind(_ type: String) -> TemplateError {
        TemplateError(
            "Unknown format code '\(kind.map(String.init) ?? "")' for object of type '\(type)'"
        )
    }

    func text(of number: Int) throws(TemplateError) -> String {
        let radix: (Int, String)
        switch kind {
        case nil, "d", "n", "i", "u": radix = (10, "")
        case "b": radix = (2, "0b")
        case "o": radix = (8, "0o")
        case "x": radix = (16, "0x")
        case "X": radix = (16, "0X")
        case "c":
            guard let scalar = UInt32(exactly: number).flatMap(Unicode.Scalar.init) else {
                throw TemplateError("%c arg not in range(0x110000)")
            }
            return try padded(String(scalar), isNumber: false)
        case "e", "E", "f", "F", "g", "G", "%": return try text(of: Double(number))
        default: throw unknownKind("int")
        }
        guard precision == nil else {
            throw TemplateError("Precision not allowed in integer format specifier")
        }
        let digits = String(number.magnitude, radix: radix.0, uppercase: kind == "X")
        let grouped = self.grouped(digits, every: radix.0 == 10 ? 3 : 4)
        return try padded(number: grouped, isNegative: number < 0, prefix: isAlternative ? radix.1 : "")
    }

    func text(of number: Double) throws(TemplateError) -> String {
        let isUpper = kind == "E" || kind == "F" || kind == "G"
        var digits: String
        if number.isFinite {
            digits = try self.digits(of: number)
        } else {
            digits = number.isNaN ? "nan" : "inf"
            if kind == "%" { digits += "%" }
        }
        if isUpper { digits = digits.uppercased() }
        let whole = digits.prefix { $0.isNumber }
        let text = grouped(String(whole), every: 3) + digits.dropFirst(whole.count)
        return try padded(number: text, isNegative: number.sign == .minus && !number.isNaN, prefix: "")
    }

    private func digits(of number: Double) throws(TemplateError) -> String {
        let decimals = precision ?? 6
        guard decimals <= Limits.formatDigitCount else {
            throw TemplateError("a format has more than \(Limits.formatDigitCount) decimals")
        }
        var exact = ExactDecimal(number)
        switch kind {
        case "f", "F":
            exact.round(decimals: decimals)
            return exact.fixed(decimals: decimals)
        case "%":
            var percent = ExactDecimal(number.magnitude * 100)
            percent.round(decimals: decimals)
            return percent.fixed(decimals: decimals) + "%"
        case "e", "E":
            exact.round(digitCount: decimals + 1)
            return exact.mantissa(decimals: decimals) + Self.exponent(exact)
        case "g", "G": return general(exact, max(1, decimals))
        case nil:
            guard precision != nil else { return PythonNumber.text(of: number.magnitude) }
            let text = general(exact, max(1, decimals))
            return text.contains(".") || text.contains("e") ? text : text + ".0"
        default: throw unknownKind("float")
        }
    }

    /// As `%g`: with an exponent where that is shorter.
    private func general(_ exact: ExactDecimal, _ digitCount: Int) -> String {
        var exact = exact
        exact.round(digitCount: digitCount)
        let exponent = exact.digits.isEmpty ? 0 : exact.exponent
        if exponent < -4 || exponent >= digitCount {
            return trimmed(exact.mantissa(decimals: digitCount - 1)) + Self.exponent(exact)
        }
        return trimmed(exact.fixed(decimals: digitCount - 1 - exponent))
    }

    private func trimmed(_ text: String) -> String {
        guard !isAlternative, text.contains(".") else { return text }
        var text = text
        while text.utf8.last == UInt8(ascii: "0") { text.removeLast() }
        if text.utf8.last == UInt8(ascii: ".") { text.removeLast() }
        return text
    }

    private static func exponent(_ exact: ExactDecimal) -> String {
        let exponent = exact.digits.isEmpty ? 0 : exact.exponent
        let digits = String(exponent.magnitude)
        return (exponent < 0 ? "e-" : "e+") + (digits.utf8.count < 2 ? "0" + digits : digits)
    }

    // MARK: - Width

    private func grouped(_ digits: String, every count: Int) -> String {
        guard let grouping else { return digits }
        var result: [Unicode.Scalar] = []
        for (place, digit) in digits.unicodeScalars.reversed().enumerated() {
            if place > 0, place % count == 0 { result.append(grouping) }
            result.append(digit)
        }
        return String(String.UnicodeScalarView(result.reversed()))
    }

    private func padded(number: String, isNegative: Bool, prefix: String) throws(TemplateError) -> String {
        let head = (isNegative ? "-" : sign == "-" ? "" : String(sign)) + prefix
        guard alignment == "=" else { return try padded(head + number, isNumber: true) }
        let missing = width - head.unicodeScalars.count - number.unicodeScalars.count
        return head + (try filling(missing)) + number
    }

    private func padded(_ text: String, isNumber: Bool) throws(TemplateError) -> String {
        let missing = width - text.unicodeScalars.count
        guard missing > 0 else { return text }
        switch alignment ?? (isNumber ? ">" : "<") {
        case ">": return try filling(missing) + text
        case "^": return try filling(missing / 2) + text + (try filling(missing - missing / 2))
        default: return text + (try filling(missing))
        }
    }

    private func filling(_ count: Int) throws(TemplateError) -> String {
        guard count > 0 else { return "" }
        guard count <= Limits.textBytes / 4 else {
            throw TemplateError("a format is wider than \(Limits.textBytes / 4)")
        }
        return String(repeating: String(fill), count: count)
    }
}
