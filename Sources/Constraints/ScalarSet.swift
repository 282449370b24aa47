/// A set of Unicode scalars as sorted ranges that do not touch.
///
/// Surrogates are in no set: they cannot stand in a text.
struct ScalarSet: Hashable, Sendable {
    /// First and last scalar of each range.
    private(set) var ranges: [ClosedRange<UInt32>]

    static let last: UInt32 = 0x10FFFF
    static let all = ScalarSet([0...last])

    init(_ ranges: [ClosedRange<UInt32>]) {
        var joined: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            for part in Self.withoutSurrogates(range) {
                if let last = joined.last, part.lowerBound <= last.upperBound &+ 1 {
                    joined[joined.count - 1] = last.lowerBound...max(last.upperBound, part.upperBound)
                } else {
                    joined.append(part)
                }
            }
        }
        self.ranges = joined
    }

    init(_ scalar: Unicode.Scalar) { self.init([scalar.value...scalar.value]) }

    init(_ text: String) { self.init(text.unicodeScalars.map { $0.value...$0.value }) }

    var isEmpty: Bool { ranges.isEmpty }

    var inverted: ScalarSet {
        var gaps: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { gaps.append(next...range.lowerBound - 1) }
            next = range.upperBound + 1
        }
        if next <= Self.last { gaps.append(next...Self.last) }
        return ScalarSet(gaps)
    }

    func union(_ other: ScalarSet) -> ScalarSet { ScalarSet(ranges + other.ranges) }

    private static func withoutSurrogates(_ range: ClosedRange<UInt32>) -> [ClosedRange<UInt32>] {
        let upper = min(range.upperBound, last)
        guard range.lowerBound <= upper else { return [] }
        if upper < 0xD800 || range.lowerBound > 0xDFFF { return [range.lowerBound...upper] }
        var parts: [ClosedRange<UInt32>] = []
        if range.lowerBound < 0xD800 { parts.append(range.lowerBound...0xD7FF) }
        if upper > 0xDFFF { parts.append(0xE000...upper) }
        return parts
    }
}
