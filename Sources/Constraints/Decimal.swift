internal import JSON

/// A number by its decimal digits, so that nothing is lost to rounding.
struct Decimal: Hashable, Sendable {
    var isNegative = false
    /// Without leading zeros; empty for 0.
    var whole: [UInt8] = []
    /// Without trailing zeros.
    var fraction: [UInt8] = []

    var isZero: Bool { whole.isEmpty && fraction.isEmpty }

    init(_ integer: Int64) {
        isNegative = integer < 0
        whole = integer == 0 ? [] : String(integer.magnitude).utf8.map { $0 - 0x30 }
    }

    /// Nil for what is no number, or no finite one.
    init?(_ value: JSONValue) {
        switch value {
        case .integer(let integer): self.init(integer)
        case .number(let number):
            guard number.isFinite else { return nil }
            self.init(shortest: "\(number)")
        default: return nil
        }
    }

    /// From Swift's shortest text of a double: digits, perhaps a point, perhaps an exponent.
    private init(shortest text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "e"))
        var digits: [UInt8] = []
        var pointPlace: Int?
        for byte in parts[0] {
            switch byte {
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "."): pointPlace = digits.count
            default: digits.append(byte - 0x30)
            }
        }
        let exponent = parts.count > 1 ? Int(Substring(parts[1])) ?? 0 : 0
        var point = (pointPlace ?? digits.count) + exponent
        if point < 0 {
            digits = Array(repeating: 0, count: -point) + digits
            point = 0
        }
        if point > digits.count { digits += Array(repeating: 0, count: point - digits.count) }
        whole = Array(digits[..<point].drop { $0 == 0 })
        fraction = Array(digits[point...])
        while fraction.last == 0 { fraction.removeLast() }
        if isZero { isNegative = false }
    }

    /// -1, 0 or 1: whether it is below, equal to or above another.
    func compared(to other: Decimal) -> Int {
        if isNegative != other.isNegative { return isNegative ? -1 : 1 }
        let order = magnitudeCompared(to: other)
        return isNegative ? -order : order
    }

    private func magnitudeCompared(to other: Decimal) -> Int {
        if whole.count != other.whole.count { return whole.count < other.whole.count ? -1 : 1 }
        for place in 0..<max(whole.count + fraction.count, other.whole.count + other.fraction.count) {
            let (mine, theirs) = (digit(place), other.digit(place))
            if mine != theirs { return mine < theirs ? -1 : 1 }
        }
        return 0
    }

    private func digit(_ place: Int) -> UInt8 {
        if place < whole.count { return whole[place] }
        let place = place - whole.count
        return place < fraction.count ? fraction[place] : 0
    }

    /// The whole number that it becomes with the point moved so many places to the right; nil for one that
    /// stays a fraction or is too large.
    func scaled(by places: Int) -> Int? {
        guard fraction.count <= places else { return nil }
        var value = 0
        for digit in whole + fraction + Array(repeating: 0, count: places - fraction.count) {
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow, shifted <= Int.max - 9 else { return nil }
            value = shifted + Int(digit)
        }
        return value
    }
}
