/// Columns as wide as their widest cell.
public struct TextTable {
    public let lines: [String]

    /// The first `leftColumnCount` columns read from the left, figures behind them from the right.
    public init(_ rows: [[String]], leftColumnCount: Int) {
        let columnCount = rows.map(\.count).max() ?? 0
        let widths = (0..<columnCount).map { column in
            rows.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
        }
        lines = rows.map { row in
            let cells = zip(row, widths).enumerated().map { column, cell in
                let padding = String(repeating: " ", count: cell.1 - cell.0.count)
                return column < leftColumnCount ? cell.0 + padding : padding + cell.0
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
