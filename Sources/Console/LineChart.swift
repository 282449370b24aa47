/// A chart of lines over an axis that doubles from mark to mark, to be drawn as SVG.
public struct LineChart: Sendable {
    /// Points that a line goes through, from left to right.
    public struct Series: Sendable {
        public var name: String
        /// Both finite; x above 0.
        public var points: [(x: Double, y: Double)]

        public init(_ name: String, _ points: [(x: Double, y: Double)]) {
            self.name = name
            self.points = points
        }
    }

    public var title: String
    public var xTitle: String
    public var yTitle: String
    public var series: [Series]

    public init(title: String, xTitle: String, yTitle: String, series: [Series]) {
        self.title = title
        self.xTitle = xTitle
        self.yTitle = yTitle
        self.series = series
    }

    /// Marks of the upright axis: from 0 in equal steps of 1, 2 or 5 times a power of ten to above `most`.
    static func marks(upTo most: Double) -> [Double] {
        guard most > 0, most.isFinite else { return [0, 1] }
        var unit = 1.0
        while unit * 10 <= most / 4 { unit *= 10 }
        while unit > most / 4 { unit /= 10 }
        let step = [1.0, 2, 5, 10].map { $0 * unit }.first { $0 >= most / 5 } ?? unit
        let count = Int((most / step).rounded(.up))
        return (0...max(1, count)).map { Double($0) * step }
    }

    /// `1.5k` for 1,500; no more digits than a reader can use.
    static func label(_ value: Double) -> String {
        if value >= 1000 { return number(value / 1000) + "k" }
        return number(value)
    }

    private static func number(_ value: Double) -> String {
        let scale: Double = value >= 10 ? 10 : value >= 1 ? 100 : 1000
        let scaled = Int((value * scale).rounded())
        let (whole, rest) = scaled.quotientAndRemainder(dividingBy: Int(scale))
        guard rest > 0 else { return "\(whole)" }
        var digits = String("\(Int(scale) + rest)".dropFirst())
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(whole).\(digits)"
    }
}
