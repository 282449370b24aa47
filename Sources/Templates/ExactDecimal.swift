/// A double written out in full: every one has finitely many decimals, though up to a thousand.
///
/// Python rounds what it formats by this exact value, so that 2.675 with two decimals is 2.67.
struct ExactDecimal {
    /// From the first that is not zero; empty for zero.
    private(set) var digits: [UInt8]
    /// How many of the digits stand before the point; negative where zeros follow it first.
    private(set) var pointPlace: Int

    /// `value` must be finite; its sign is left out.
    init(_ value: Double) {
        var limbs: [UInt32] = []
        let significand = value == 0 ? 0 : value.magnitude.significandBitPattern
        let isNormal = value.isNormal
        let mantissa = significand | (isNormal ? 1 << 52 : 0)
        var exponent = (isNormal ? Int(value.exponentBitPattern) : 1) - 1075
        limbs = [UInt32(truncatingIfNeeded: mantissa % Self.base), 0]
        limbs[1] = UInt32(truncatingIfNeeded: mantissa / Self.base)
        var decimals = 0
        while exponent > 0 {
            let step = min(exponent, 29)
            Self.multiply(&limbs, by: 1 << UInt64(step))
            exponent -= step
        }
        // Dividing by 2 is multiplying by 5 and moving the point.
        while exponent < 0 {
            let step = min(-exponent, 12)
            Self.multiply(&limbs, by: Self.powersOfFive[step])
            exponent += step
            decimals += step
        }
        let all = Self.decimalDigits(limbs)
        digits = Array(all.drop { $0 == 0 })
        pointPlace = digits.isEmpty ? 0 : digits.count - decimals
    }

    private static let base: UInt64 = 1_000_000_000
    private static let powersOfFive: [UInt64] = [
        1, 5, 25, 125, 625, 3125, 15_625, 78_125, 390_625, 1_953_125, 9_765_625, 48_828_125, 244_140_625,
    ]

    /// `factor` is below 2^30.
    private static func multiply(_ limbs: inout [UInt32], by factor: UInt64) {
        var carry: UInt64 = 0
        for index in limbs.indices {
            let product = UInt64(limbs[index]) * factor + carry
            limbs[index] = UInt32(truncatingIfNeeded: product % base)
            carry = product / base
        }
        while carry > 0 {
            limbs.append(UInt32(truncatingIfNeeded: carry % base))
            carry /= base
        }
    }

    private static func decimalDigits(_ limbs: [UInt32]) -> [UInt8] {
        var digits: [UInt8] = []
        for limb in limbs.reversed() {
            let text = String(limb)
            digits += Array(repeating: 0, count: 9 - text.utf8.count) + text.utf8.map { $0 - 0x30 }
        }
        return digits
    }

    /// The power of ten of the first digit.
    var exponent: Int { pointPlace - 1 }

    /// Keeps so many digits before and behind the point, rounding half to even; `decimals` may be negative.
    mutating func round(decimals: Int) { round(digitCount: pointPlace + decimals) }

    /// Keeps so many digits, counted from the first.
    mutating func round(digitCount count: Int) {
        guard count < digits.count else { return }
        guard count >= 0 else {
            digits = []
            pointPlace = 0
            return
        }
        let rest = digits[count...]
        let isOdd = count > 0 && digits[count - 1] % 2 == 1
        let isAboveHalf = rest[count] > 5 || rest[count] == 5 && rest.dropFirst().contains { $0 != 0 }
        let isUp = isAboveHalf || rest[count] == 5 && !rest.dropFirst().contains { $0 != 0 } && isOdd
        digits.removeSubrange(count...)
        guard isUp else {
            if !digits.contains(where: { $0 != 0 }) {
                digits = []
                pointPlace = 0
            }
            return
        }
        var index = count
        while index > 0 {
            index -= 1
            if digits[index] < 9 {
                digits[index] += 1
                return
            }
            digits[index] = 0
        }
        digits.insert(1, at: 0)
        pointPlace += 1
    }

    /// The digits with exactly so many decimals, as `%.2f`; rounded before.
    func fixed(decimals: Int) -> String {
        var text = ""
        if pointPlace <= 0 { text = "0" }
        for place in 0..<max(0, pointPlace) { text += place < digits.count ? String(digits[place]) : "0" }
        guard decimals > 0 else { return text }
        text += "."
        for offset in 0..<decimals {
            let place = pointPlace + offset
            text += place >= 0 && place < digits.count ? String(digits[place]) : "0"
        }
        return text
    }

    /// `d.ddd` with so many decimals, without the exponent.
    func mantissa(decimals: Int) -> String {
        func digit(_ place: Int) -> String { place < digits.count ? String(digits[place]) : "0" }
        guard decimals > 0 else { return digit(0) }
        return digit(0) + "." + (1...decimals).map(digit).joined()
    }
}
