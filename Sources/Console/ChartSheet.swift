/// Some charts in a grid, as one SVG image that reads well on any background.
public struct ChartSheet: Sendable {
    private static let width = 420.0
    private static let height = 280.0

    private let charts: [LineChart]
    private let columnCount: Int
    private let note: String

    /// `note` stands below all of them.
    public init(_ charts: [LineChart], columnCount: Int = 2, note: String = "") {
        self.charts = charts
        self.columnCount = max(1, min(columnCount, charts.count))
        self.note = note
    }

    public var svg: String {
        let rowCount = (charts.count + columnCount - 1) / columnCount
        let width = Self.width * Double(columnCount)
        let height = Self.height * Double(rowCount) + (note.isEmpty ? 0 : 24)
        var lines = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(pixels(width)) \(pixels(height))" \
            font-family="system-ui, sans-serif" font-size="12" fill="#222">
            """,
            #"<rect width="100%" height="100%" fill="white"/>"#,
        ]
        for (index, chart) in charts.enumerated() {
            let x = Double(index % columnCount) * Self.width
            let y = Double(index / columnCount) * Self.height
            lines.append(#"<g transform="translate(\#(pixels(x)) \#(pixels(y)))">"#)
            lines += ChartDrawing(chart).lines
            lines.append("</g>")
        }
        if !note.isEmpty { lines.append(svgText(note, 16, height - 10, #"fill="dimgray""#)) }
        return (lines + ["</svg>", ""]).joined(separator: "\n")
    }
}

/// One chart, in a box of 420 by 280 pixels.
private struct ChartDrawing {
    private static let left = 58.0
    private static let top = 40.0
    private static let right = 404.0
    private static let bottom = 226.0
    /// Between the ends of the lower axis and the points next to them.
    private static let margin = 8.0
    /// From a palette that people with colour-blindness tell apart (Okabe and Ito).
    private static let colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7"]

    private let chart: LineChart
    private let xAxis: ChartAxis
    private let yAxis: ChartAxis

    init(_ chart: LineChart) {
        self.chart = chart
        let points = chart.series.flatMap(\.points)
        xAxis = ChartAxis(marking: points.map(\.x))
        yAxis = ChartAxis(chart.yScale, covering: points.map(\.y))
    }

    var lines: [String] {
        let middle = (Self.left + Self.right) / 2
        let centred = #"text-anchor="middle""#
        let turn = "translate(14 \(pixels((Self.top + Self.bottom) / 2))) rotate(-90)"
        return [
            svgText(chart.title, middle, 22, #"\#(centred) font-size="14" font-weight="600""#),
            svgText(chart.xTitle, middle, Self.bottom + 38, #"\#(centred) fill="dimgray""#),
            svgText(chart.yTitle, 0, 0, #"\#(centred) fill="dimgray" transform="\#(turn)""#),
        ] + grid + chart.series.indices.flatMap(drawing)
    }

    private var grid: [String] {
        let rows = yAxis.marks.enumerated().flatMap { index, mark in
            [
                rule(Self.left, y(mark), Self.right, y(mark), index == 0 ? "dimgray" : "gainsboro"),
                svgText(ChartAxis.label(mark), Self.left - 6, y(mark) + 4, #"text-anchor="end""#),
            ]
        }
        let columns = xAxis.marks.flatMap { mark in
            [
                rule(x(mark), Self.bottom, x(mark), Self.bottom + 4, "dimgray"),
                svgText(xAxis.label(of: mark), x(mark), Self.bottom + 18, #"text-anchor="middle""#),
            ]
        }
        return rows + columns
    }

    /// A line with its points, and its name where there are several.
    private func drawing(of index: Int) -> [String] {
        let series = chart.series[index]
        let colour = Self.colours[index % Self.colours.count]
        let path = series.points.map { "\(pixels(x($0.x))),\(pixels(y($0.y)))" }.joined(separator: " ")
        var lines = [#"<polyline points="\#(path)" fill="none" stroke="\#(colour)" stroke-width="2"/>"#]
        for point in series.points {
            let words = "\(xAxis.label(of: point.x)): \(ChartAxis.label(point.y))"
            let centre = #"cx="\#(pixels(x(point.x)))" cy="\#(pixels(y(point.y)))""#
            lines.append(#"<circle \#(centre) r="3" fill="\#(colour)"><title>\#(words)</title></circle>"#)
        }
        guard chart.series.count > 1 else { return lines }
        let level = Self.top + 14 * Double(index) + 8
        lines.append(rule(Self.left + 12, level - 4, Self.left + 30, level - 4, colour))
        lines.append(svgText(series.name, Self.left + 36, level, ""))
        return lines
    }

    private func x(_ value: Double) -> Double {
        let width = Self.right - Self.left - 2 * Self.margin
        return Self.left + Self.margin + xAxis.place(of: value) * width
    }

    private func y(_ value: Double) -> Double {
        Self.bottom - yAxis.place(of: value) * (Self.bottom - Self.top)
    }

    private func rule(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ colour: String) -> String {
        let ends = #"x1="\#(pixels(x1))" y1="\#(pixels(y1))" x2="\#(pixels(x2))" y2="\#(pixels(y2))""#
        return #"<line \#(ends) stroke="\#(colour)"/>"#
    }
}

private func svgText(_ words: String, _ x: Double, _ y: Double, _ attributes: String) -> String {
    let escaped = words.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
        .replacing(">", with: "&gt;")
    return #"<text x="\#(pixels(x))" y="\#(pixels(y))" \#(attributes)>\#(escaped)</text>"#
}

/// A tenth of a pixel is enough.
private func pixels(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    let (whole, rest) = tenths.magnitude.quotientAndRemainder(dividingBy: 10)
    return (tenths < 0 ? "-" : "") + (rest == 0 ? "\(whole)" : "\(whole).\(rest)")
}
