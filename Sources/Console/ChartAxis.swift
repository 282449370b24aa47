internal import Glibc

/// An axis of a chart: which of its values have marks, and where a value lies between its ends.
public struct ChartAxis: Hashable, Sendable {
    public enum Scale: Hashable, Sendable {
        /// From 0 in equal steps.
        case linear
        /// Equal ratios are equally far apart.
        case logarithmic
    }

    let marks: [Double]
    private let scale: Scale
    private let isDoubling: Bool

    /// Covers `values`; on a logarithmic scale those above 0.
    init(_ scale: Scale, covering values: [Double]) {
        self.scale = scale
        isDoubling = false
        switch scale {
        case .linear: marks = Self.linearMarks(upTo: values.max() ?? 0)
        case .logarithmic: marks = Self.logarithmicMarks(covering: values.filter { $0 > 0 && $0.isFinite })
        }
    }

    /// Doubles from value to value and has a mark at each of them.
    init(marking values: some Sequence<Double>) {
        scale = .logarithmic
        isDoubling = true
        marks = Set(values.filter { $0 > 0 && $0.isFinite }).sorted()
    }

    /// 0 at the first mark, 1 at the last.
    func place(of value: Double) -> Double {
        guard let first = marks.first, let last = marks.last, last > first else { return 0.5 }
        switch scale {
        case .linear: return (value - first) / (last - first)
        case .logarithmic: return log(max(value, first) / first) / log(last / first)
        }
    }

    /// Steps of 1, 2 or 5 times a power of ten.
    private static func linearMarks(upTo most: Double) -> [Double] {
        guard most > 0, most.isFinite else { return [0, 1] }
        let unit = pow(10, (log10(most / 4)).rounded(.down))
        let step = [1.0, 2, 5, 10].map { $0 * unit }.first { $0 >= most / 5 } ?? unit
        // What is above the last mark by no more than the rounding of a division is on it.
        let count = Int((most / step - 1e-9).rounded(.up))
        return (0...max(1, count)).map { Double($0) * step }
    }

    /// Powers of ten, with 2 and 5 times them where there are few.
    private static func logarithmicMarks(covering values: [Double]) -> [Double] {
        guard let least = values.min(), let most = values.max() else { return [1, 10] }
        let decades = Int(log10(least).rounded(.down))...Int(log10(most).rounded(.up))
        let factors: [Double] = decades.count > 3 ? [1] : [1, 2, 5]
        let all = decades.flatMap { decade in factors.map { $0 * pow(10, Double(decade)) } }
        let first = all.lastIndex { $0 <= least * (1 + 1e-9) } ?? 0
        let last = all.firstIndex { $0 >= most * (1 - 1e-9) } ?? all.count - 1
        return first < last ? Array(all[first...last]) : [all[first], all[first] * 10]
    }

    /// What stands at a mark: a whole number where the axis doubles from value to value.
    func label(of mark: Double) -> String {
        if isDoubling, let whole = Int(exactly: mark) { return "\(whole)" }
        return Self.label(mark)
    }

    /// `1.5k` for 1,500; no more digits than a reader can use.
    static func label(_ value: Double) -> String {
        value >= 1000 ? number(value / 1000) + "k" : number(value)
    }

    private static func number(_ value: Double) -> String {
        let scale: Double = value >= 10 ? 10 : value >= 1 ? 100 : 1000
        let (whole, rest) = Int((value * scale).rounded()).quotientAndRemainder(dividingBy: Int(scale))
        guard rest > 0 else { return "\(whole)" }
        var digits = String("\(Int(scale) + rest)".dropFirst())
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(whole).\(digits)"
    }
}
