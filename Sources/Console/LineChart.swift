/// A chart of lines over an axis that doubles from mark to mark.
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
    public var yScale: ChartAxis.Scale
    public var series: [Series]

    public init(
        title: String,
        xTitle: String,
        yTitle: String,
        yScale: ChartAxis.Scale = .linear,
        series: [Series]
    ) {
        self.title = title
        self.xTitle = xTitle
        self.yTitle = yTitle
        self.yScale = yScale
        self.series = series
    }
}
