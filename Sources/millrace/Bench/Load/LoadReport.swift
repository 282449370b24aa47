import Configuration
import Console
import JSON
import Load

/// What `millrace bench` found, as a table, as JSON and as a drawing.
struct LoadReport {
    let options: LoadBenchOptions
    let model: String
    let seed: UInt64
    let findings: [LoadFindings]
    let check: LoadCheck

    init(
        options: LoadBenchOptions,
        model: String,
        seed: UInt64,
        _ findings: [LoadFindings],
        _ check: LoadCheck
    ) {
        self.options = options
        self.model = model
        self.seed = seed
        self.findings = findings
        self.check = check
    }

    var hasFailures: Bool { findings.contains { !$0.faults.isEmpty } || !check.differences.isEmpty }

    private var places: String { options.urls.joined(separator: ", ") }

    var json: JSONValue {
        var json: JSONObject = [
            "subject": "load", "url": .string(options.urls.first ?? ""),
            "urls": .array(options.urls.map { .string($0) }), "model": .string(model),
            "workload": .string(options.workload.rawValue),
            // As text: a seed may have more digits than a number of JSON is read with.
            "seed": .string("\(seed)"),
            "max_tokens": .integer(Int64(options.maxTokenCount)),
            "shared_percent": .integer(Int64(options.sharedPercent)),
            "measurements": .array(findings.map(\.json)),
        ]
        if options.isChecked {
            json["check"] = [
                "compared": .integer(Int64(check.comparedCount)),
                "different": .integer(Int64(check.differences.count)),
                "first_difference": check.differences.first.map { .string($0) } ?? .null,
            ]
        }
        return .object(json)
    }

    var text: String {
        let lengths = findings.filter { $0.requestCount > $0.faults.count }.map {
            $0.promptTokens / ($0.requestCount - $0.faults.count)
        }
        let length = lengths.first ?? options.promptTokenCount
        let kind = options.workload == .completions ? "" : " (\(options.workload.rawValue))"
        var lines = [
            """
            \(model) at \(places)\(kind): prompts of about \(length) tokens, \
            \(options.sharedPercent) % of them shared, answers of \(options.maxTokenCount); times in ms
            """,
            "",
        ]
        lines += TextTable([Self.head] + findings.flatMap(rows), leftColumnCount: 0).lines
        for found in findings where !found.faults.isEmpty {
            let first = harmless(found.faults[0])
            lines.append("\(found.clientCount) clients: \(found.faults.count) errors, first: \(first)")
        }
        if options.isChecked {
            lines.append("\(check.comparedCount) answers compared, \(check.differences.count) different")
            lines += check.differences.prefix(5)
            lines.append("seed \(seed)")
        }
        return lines.joined(separator: "\n")
    }

    private static let head = [
        "clients", "tokens/s", "first p50", "p95", "p99", "gap p50", "p95", "p99", "max", "cached", "errors",
    ]

    private func rows(_ found: LoadFindings) -> [[String]] {
        [row(found, named: "\(found.clientCount)")] + found.parts.map { row($0.found, named: $0.kind) }
    }

    private func row(_ found: LoadFindings, named name: String) -> [String] {
        let milliseconds = { (microseconds: Double) in fixed(microseconds / 1000, 1) }
        return [
            name, fixed(found.tokensPerSecond, 1), milliseconds(found.firstToken(0.5)),
            milliseconds(found.firstToken(0.95)), milliseconds(found.firstToken(0.99)),
            milliseconds(found.gap(0.5)), milliseconds(found.gap(0.95)), milliseconds(found.gap(0.99)),
            milliseconds(found.gap(1)), "\(fixed(found.cachedShare * 100, 0)) %", "\(found.faults.count)",
        ]
    }

    var sheet: ChartSheet {
        let whole = findings.filter { $0.completionTokens > 0 }.sorted { $0.clientCount < $1.clientCount }
        let points = { (value: (LoadFindings) -> Double) in
            whole.map { (x: Double($0.clientCount), y: value($0)) }
        }
        return ChartSheet(
            [
                LineChart(
                    title: "Throughput",
                    xTitle: "clients",
                    yTitle: "tokens per second",
                    series: [.init("", points(\.tokensPerSecond))]
                ),
                LineChart(
                    title: "Time to first token",
                    xTitle: "clients",
                    yTitle: "seconds",
                    yScale: .logarithmic,
                    series: [
                        .init("p50", points { $0.firstToken(0.5) / 1e6 }),
                        .init("p95", points { $0.firstToken(0.95) / 1e6 }),
                    ]
                ),
            ],
            note: "\(model) at \(places)"
        )
    }
}
