/// Numbers as Python writes and computes them.
enum PythonNumber {
    /// The shortest digits that read back as `value`: with an exponent from 1e16 and below 1e-4.
    static func text(of value: Double) -> String {
        if value.isNaN { return "nan" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        let (isNegative, digits, exponent) = shortest(value)
        let sign = isNegative ? "-" : ""
        if exponent < -4 || exponent >= 16 {
            let rest = digits.dropFirst()
            let power = abs(exponent) < 10 ? "0\(abs(exponent))" : "\(abs(exponent))"
            let mantissa = String(digits.prefix(1)) + (rest.isEmpty ? "" : ".\(rest)")
            return "\(sign)\(mantissa)e\(exponent < 0 ? "-" : "+")\(power)"
        }
        if exponent < 0 { return "\(sign)0.\(String(repeating: "0", count: -exponent - 1))\(digits)" }
        let wholeCount = exponent + 1
        let padded = digits + String(repeating: "0", count: max(0, wholeCount - digits.utf8.count))
        let fraction = padded.dropFirst(wholeCount)
        return "\(sign)\(padded.prefix(wholeCount)).\(fraction.isEmpty ? "0" : String(fraction))"
    }

    /// `d.ddd × 10^exponent` as its digits without the point.
    private static func shortest(_ value: Double) -> (isNegative: Bool, digits: String, exponent: Int) {
        if value == 0 { return (value.sign == .minus, "0", 0) }
        let parts = value.magnitude.description.split(separator: "e")
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let whole = mantissa[0]
        let fraction = mantissa.count > 1 && mantissa[1] != "0" ? mantissa[1] : ""
        let all = String(whole + fraction)
        let digits = all.drop { $0 == "0" }
        let leadingZeros = all.utf8.count - digits.utf8.count
        var trimmed = digits
        while trimmed.utf8.count > 1, trimmed.last == "0" { trimmed.removeLast() }
        let power = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        return (value < 0, String(trimmed), whole.utf8.count - 1 - leadingZeros + power)
    }

    /// Reads what Python's `float()` reads.
    static func double(_ text: String) -> Double? {
        let trimmed = text.stripped(.whiteSpace)
        let plain = trimmed.lowercased()
        switch plain {
        case "inf", "+inf", "infinity", "+infinity": return .infinity
        case "-inf", "-infinity": return -.infinity
        case "nan", "+nan", "-nan": return .nan
        default: break
        }
        guard plain.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-._e".utf8.contains($0) }) else {
            return nil
        }
        return withoutUnderscores(plain).flatMap { Double($0) }
    }

    /// Underscores may only stand between digits.
    private static func withoutUnderscores(_ text: String) -> String? {
        var result: [UInt8] = []
        let bytes = Array(text.utf8)
        for (index, byte) in bytes.enumerated() {
            guard byte == UInt8(ascii: "_") else {
                result.append(byte)
                continue
            }
            guard index > 0, index + 1 < bytes.count, isAlphanumeric(bytes[index - 1]),
                isAlphanumeric(bytes[index + 1])
            else { return nil }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
    }

    /// Reads what Python's `int(text, radix)` reads, as far as it fits.
    static func integer(_ text: String, radix: Int) -> Int? {
        guard radix == 0 || (2...36).contains(radix) else { return nil }
        var digits = text.stripped(.whiteSpace).lowercased()[...]
        let isNegative = digits.first == "-"
        if isNegative || digits.first == "+" { digits.removeFirst() }
        var radix = radix
        for (prefix, base) in [("0b", 2), ("0o", 8), ("0x", 16)]
        where digits.hasPrefix(prefix) && (radix == base || radix == 0) {
            digits = digits.dropFirst(2)
            if digits.first == "_" { digits.removeFirst() }
            radix = base
        }
        if radix == 0 { radix = 10 }
        guard let plain = withoutUnderscores(String(digits)), let first = plain.utf8.first,
            first != UInt8(ascii: "-"), first != UInt8(ascii: "+")
        else { return nil }
        return Int((isNegative ? "-" : "") + plain, radix: radix)
    }

    /// As Python's `round(value, digits)`: half to even, by the exact value.
    static func rounded(_ value: Double, digits: Int) -> Double {
        guard value.isFinite, digits < 330 else { return value }
        var exact = ExactDecimal(value)
        exact.round(decimals: max(digits, -400))
        let text = exact.fixed(decimals: max(0, digits))
        let magnitude = Double(text) ?? value.magnitude
        return value.sign == .minus ? -magnitude : magnitude
    }

    static func power(_ base: Double, _ exponent: Int) -> Double {
        var result = 1.0
        var factor = base
        var rest = exponent.magnitude
        while rest > 0 {
            if rest & 1 == 1 { result *= factor }
            factor *= factor
            rest >>= 1
        }
        return exponent < 0 ? 1 / result : result
    }
}
