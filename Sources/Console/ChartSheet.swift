internal import Glibc

/// Some charts in a grid, as one SVG image that reads well on any background.
public struct ChartSheet: Sendable {
    private static let width = 420.0
    private static let height = 280.0
    private static let plot = (left: 58.0, top: 40.0, right: 404.0, bottom: 226.0)
    /// From a palette that people with colour-blindness tell apart (Okabe and Ito).
    private static let colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7"]

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
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(text(width)) \(text(height))" \
            font-family="system-ui, sans-serif" font-size="12" fill="#222">
            """,
            #"<rect width="100%" height="100%" fill="white"/>"#,
        ]
        for (index, chart) in charts.enumerated() {
            let x = Double(index % columnCount) * Self.width
            let y = Double(index / columnCount) * Self.height
            lines.append(#"<g transform="translate(\#(text(x)) \#(text(y)))">"#)
            lines += drawing(of: chart)
            lines.append("</g>")
        }
        if !note.isEmpty { lines.append(label(note, 16, height - 10, #"fill="dimgray""#)) }
        return (lines + ["</svg>", ""]).joined(separator: "\n")
    }

    private func drawing(of chart: LineChart) -> [String] {
        let plot = Self.plot
        let points = chart.series.flatMap(\.points)
        let marks = LineChart.marks(upTo: points.map(\.y).max() ?? 0)
        let top = marks.last ?? 1
        let xs = Set(points.map(\.x)).sorted()
        let (least, most) = (log2(xs.first ?? 1), log2(xs.last ?? 1))
        let place = { (x: Double, y: Double) in
            (
                x: plot.left + (most > least ? (log2(x) - least) / (most - least) : 0.5)
                    * (plot.right - plot.left - 16) + 8,
                y: plot.bottom - y / top * (plot.bottom - plot.top)
            )
        }
        let middle = (plot.left + plot.right) / 2
        var lines = [
            label(chart.title, middle, 22, #"text-anchor="middle" font-size="14" font-weight="600""#)
        ]
        for mark in marks {
            let y = place(1, mark).y
            lines.append(line(plot.left, y, plot.right, y, mark == 0 ? "#666" : "#ddd"))
            lines.append(label(LineChart.label(mark), plot.left - 6, y + 4, #"text-anchor="end""#))
        }
        for x in xs {
            let at = place(x, 0).x
            lines.append(line(at, plot.bottom, at, plot.bottom + 4, "#666"))
            lines.append(label(LineChart.label(x), at, plot.bottom + 18, #"text-anchor="middle""#))
        }
        lines.append(label(chart.xTitle, middle, plot.bottom + 38, #"text-anchor="middle" fill="dimgray""#))
        lines.append(
            label(
                chart.yTitle,
                0,
                0,
                """
                text-anchor="middle" fill="dimgray" transform="translate(14 \
                \(text((plot.top + plot.bottom) / 2))) rotate(-90)"
                """
            )
        )
        for (index, series) in chart.series.enumerated() {
            let colour = Self.colours[index % Self.colours.count]
            let places = series.points.map { place($0.x, $0.y) }
            let path = places.map { "\(text($0.x)),\(text($0.y))" }.joined(separator: " ")
            lines.append(#"<polyline points="\#(path)" fill="none" stroke="\#(colour)" stroke-width="2"/>"#)
            for (at, point) in zip(places, series.points) {
                let words = "\(LineChart.label(point.x)): \(LineChart.label(point.y))"
                let place = #"cx="\#(text(at.x))" cy="\#(text(at.y))""#
                lines.append(#"<circle \#(place) r="3" fill="\#(colour)"><title>\#(words)</title></circle>"#)
            }
            guard chart.series.count > 1 else { continue }
            let y = plot.top + 14 * Double(index) + 8
            lines.append(line(plot.left + 12, y - 4, plot.left + 30, y - 4, colour, width: 2))
            lines.append(label(series.name, plot.left + 36, y, ""))
        }
        return lines
    }

    private func line(
        _ x1: Double,
        _ y1: Double,
        _ x2: Double,
        _ y2: Double,
        _ colour: String,
        width: Int = 1
    ) -> String {
        """
        <line x1="\(text(x1))" y1="\(text(y1))" x2="\(text(x2))" y2="\(text(y2))" stroke="\(colour)" \
        stroke-width="\(width)"/>
        """
    }

    private func label(_ words: String, _ x: Double, _ y: Double, _ attributes: String) -> String {
        #"<text x="\#(text(x))" y="\#(text(y))" \#(attributes)>\#(escaped(words))</text>"#
    }

    /// A tenth of a pixel is enough.
    private func text(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        let sign = tenths < 0 ? "-" : ""
        let (whole, rest) = tenths.magnitude.quotientAndRemainder(dividingBy: 10)
        return rest == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(rest)"
    }

    private func escaped(_ words: String) -> String {
        words.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}
