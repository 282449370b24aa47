import Foundation
import FoundationXML
import Testing

@testable import Console

@Suite struct `A chart` {
    @Test(
        arguments: [
            (0, [0, 1]), (1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (7, [0, 2, 4, 6, 8]),
            (49.2, [0, 10, 20, 30, 40, 50]),
            (100, [0, 20, 40, 60, 80, 100]), (0.03, [0, 0.01, 0.02, 0.03]),
        ] as [(Double, [Double])]
    )
    func `has round marks that cover everything`(most: Double, marks: [Double]) {
        let found = ChartAxis(.linear, covering: [most]).marks
        #expect(
            found.count == marks.count && zip(found, marks).allSatisfy { abs($0 - $1) < 1e-9 },
            "\(found)"
        )
    }

    @Test func `never has many marks or too few`() {
        for step in 1...2000 {
            let most = Double(step) * 0.037
            let marks = ChartAxis(.linear, covering: [most]).marks
            #expect(
                (4...8).contains(marks.count) && (marks.last ?? 0) >= most * 0.999_999,
                "\(most): \(marks)"
            )
        }
    }

    @Test(
        arguments: [
            ([0.2, 60.0], [0.1, 1, 10, 100]), ([3.0, 40.0], [2, 5, 10, 20, 50]), ([7.0], [5, 10]),
            ([10.0], [10, 100]), ([0.0], [1, 10]), ([], [1, 10]),
        ] as [([Double], [Double])]
    )
    func `has logarithmic marks around everything`(values: [Double], marks: [Double]) {
        let axis = ChartAxis(.logarithmic, covering: values)
        #expect(axis.marks.count == marks.count && zip(axis.marks, marks).allSatisfy { abs($0 - $1) < 1e-9 })
        #expect(values.allSatisfy { (-0.001...1.001).contains(axis.place(of: $0)) })
    }

    @Test func `doubles to the right`() {
        let axis = ChartAxis(marking: [8, 1, 2, 4, 4])
        #expect(axis.marks == [1, 2, 4, 8])
        #expect(abs(axis.place(of: 2) - 1.0 / 3) < 1e-9)
        #expect(ChartAxis(marking: [5]).place(of: 5) == 0.5)
    }

    @Test(
        arguments: [
            (0, "0"), (0.25, "0.25"), (1, "1"), (2.5, "2.5"), (49.2, "49.2"), (64, "64"), (1024, "1.02k"),
            (16384, "16.4k"), (1500, "1.5k"),
        ] as [(Double, String)]
    )
    func `has short labels`(value: Double, label: String) {
        #expect(ChartAxis.label(value) == label)
    }

    @Test func `is drawn as well-formed SVG that shows every point`() throws {
        let chart = LineChart(
            title: "Speed <of> A&B",
            xTitle: "streams",
            yTitle: "tokens/s",
            series: [.init("p50", [(1, 10), (2, 18.5), (64, 90)]), .init("p95", [(1, 9)])]
        )
        let svg = ChartSheet([chart, chart, chart], note: "a note").svg
        let parser = XMLParser(data: Data(svg.utf8))
        #expect(parser.parse(), "\(String(describing: parser.parserError))")
        #expect(svg.components(separatedBy: "<circle ").count - 1 == 12)
        #expect(svg.contains("Speed &lt;of&gt; A&amp;B"))
        #expect(!svg.contains("nan") && !svg.contains("inf"))
    }

    @Test func `can be empty`() {
        let chart = LineChart(title: "", xTitle: "", yTitle: "", series: [.init("", [])])
        #expect(!ChartSheet([chart]).svg.contains("nan"))
    }
}
