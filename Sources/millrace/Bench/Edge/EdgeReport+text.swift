import Console

extension EdgeReport {
    /// For a terminal.
    var text: String {
        let rounds = blocks.first?.rounds.count ?? 0
        let seconds = fixed(window / .seconds(1), 1)
        var lines = [
            "\(machine.processor), \(machine.processorCount) CPUs",
            "\(rounds) rounds of \(seconds) s; median (least–most); latencies in ms",
            "",
        ]
        lines += TextTable(figureRows, leftColumnCount: 2).lines
        lines += ["", "The edge next to hello, round by round", ""]
        lines += TextTable(comparisonRows, leftColumnCount: 2).lines
        if let queueToFirstByte {
            lines += ["", "From queue to first byte, p50: \(queueToFirstByte.text(milliseconds)) ms"]
        }
        return lines.joined(separator: "\n")
    }

    private var figureRows: [[String]] {
        var rows = [["connections", "case", "requests/s", "p50", "p99", "first byte p50"]]
        for block in blocks {
            for subject in EdgeCase.allCases {
                rows.append([
                    "\(block.connectionCount)",
                    subject.title,
                    block.spread(subject, \.requestsPerSecond).text { fixed($0, 0) },
                    block.spread(subject, \.p50).text(milliseconds),
                    block.spread(subject, \.p99).text(milliseconds),
                    block.spread(subject, \.firstByteP50).text(milliseconds),
                ])
            }
        }
        return rows
    }

    private var comparisonRows: [[String]] {
        var rows = [["connections", "case", "requests/s ratio", "added p50", "added p99"]]
        for block in blocks {
            for subject in EdgeCase.allCases where subject != .hello {
                rows.append([
                    "\(block.connectionCount)",
                    subject.title,
                    block.ratio(subject).text { fixed($0, 3) },
                    block.addedP50(subject).text(milliseconds),
                    block.addedP99(subject).text(milliseconds),
                ])
            }
        }
        return rows
    }
}

private func milliseconds(_ microseconds: Double) -> String { fixed(microseconds / 1000, 3) }
