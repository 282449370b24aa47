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
        return Double(plain.filter { $0 != "_" })
    }

    /// Reads what Python's `int(text, radix)` reads, as far as it fits.
    static func integer(_ text: String, radix: Int) -> Int? {
        guard (2...36).contains(radix) else { return nil }
        var digits = text.stripped(.whiteSpace).lowercased().filter { $0 != "_" }[...]
        let isNegative = digits.first == "-"
        if isNegative || digits.first == "+" { digits.removeFirst() }
        let prefix = [2: "0b", 8: "0o", 16: "0x"][radix]
        if let prefix, digits.hasPrefix(prefix) { digits = digits.dropFirst(2) }
        guard let first = digits.utf8.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "+") else {
            return nil
        }
        return Int((isNegative ? "-" : "") + digits, radix: radix)
    }

    /// `value` at `digits` decimals; `toNearestOrEven` looks at the exact value, as Python does.
    static func rounded(_ value: Double, digits: Int, _ rule: FloatingPointRoundingRule) -> Double {
        if digits < 0 {
            let scale = power(10, -max(digits, -308))
            return (value / scale).rounded(rule) * scale
        }
        guard let scaled = scaledAndRounded(value, digits: digits, rule) else { return value }
        return scaled / power(10, digits)
    }

    /// With a fixed number of decimals, as `%.2f`.
    static func text(of value: Double, decimals: Int) -> String {
        guard value.isFinite else { return text(of: value) }
        guard let scaled = scaledAndRounded(value, digits: min(decimals, 22), .toNearestOrEven) else {
            return text(of: value)
        }
        let digits = String(UInt64(scaled.magnitude))
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.utf8.count)) + digits
        let sign = value.sign == .minus ? "-" : ""
        guard decimals > 0 else { return sign + padded }
        return "\(sign)\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
    }

    /// The integer nearest to `value × 10^digits`; nil where a double has no such decimals any more.
    private static func scaledAndRounded(
        _ value: Double,
        digits: Int,
        _ rule: FloatingPointRoundingRule
    ) -> Double? {
        guard value.isFinite, digits <= 22 else { return nil }
        let scale = power(10, digits)
        let scaled = value * scale
        // Beyond 2^52 every double is an integer.
        guard scaled.magnitude < 4_503_599_627_370_496 else { return nil }
        let nearest = scaled.rounded(rule)
        guard rule == .toNearestOrEven, (scaled - scaled.rounded(.down)) == 0.5 else { return nearest }
        // It looks like a tie; what the multiplication lost tells on which side it really is.
        let lost = (-scaled).addingProduct(value, scale)
        return lost > 0 ? scaled.rounded(.up) : lost < 0 ? scaled.rounded(.down) : nearest
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
