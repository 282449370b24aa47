import Configuration
import Console
import JSON
import Load

/// `millrace bench`: more and more clients at a running server.
struct LoadBench {
    let options: LoadBenchOptions

    func run() throws {
        let most = options.clientCounts.max() ?? 1
        try DescriptorLimit.raise(to: UInt(most + 64))
        var prompts = try LoadPrompts(options)
        let requests = options.clientCounts.reduce(0) { $0 + $1 * options.requestCount }
        let progress = ProgressLine(stepCount: requests)
        var findings: [LoadFindings] = []
        for clientCount in options.clientCounts {
            let plan = StreamRun.Plan(
                address: prompts.address,
                requests: (0..<clientCount * options.requestCount).map { _ in prompts.next() },
                clientCount: clientCount
            )
            let replies = try StreamRun.replies(to: plan) { _ in progress.step("\(clientCount) clients") }
            findings.append(LoadFindings(clientCount: clientCount, replies: replies))
        }
        progress.clear()
        Millrace.say(text(findings, model: prompts.model), to: 1)
        if let path = options.jsonPath {
            let json: JSONValue = [
                "subject": "load", "url": .string(options.url), "model": .string(prompts.model),
                "max_tokens": .integer(Int64(options.maxTokenCount)),
                "shared_percent": .integer(Int64(options.sharedPercent)),
                "measurements": .array(findings.map(\.json)),
            ]
            try NewFile.write(json.serialized + [0x0A], to: path)
        }
        if let path = options.plotPath {
            try NewFile.write(Array(sheet(findings, model: prompts.model).svg.utf8), to: path)
        }
        if findings.contains(where: { !$0.faults.isEmpty }) { throw ExitStatus(code: 1) }
    }

    private func text(_ findings: [LoadFindings], model: String) -> String {
        let lengths = findings.filter { $0.requestCount > $0.faults.count }.map {
            $0.promptTokens / ($0.requestCount - $0.faults.count)
        }
        let length = lengths.first ?? options.promptTokenCount
        var lines = [
            """
            \(model) at \(options.url): prompts of about \(length) tokens, \
            \(options.sharedPercent) % of them shared, answers of \(options.maxTokenCount); times in ms
            """,
            "",
        ]
        lines += TextTable([Self.head] + findings.map(row), leftColumnCount: 0).lines
        for found in findings where !found.faults.isEmpty {
            let first = harmless(found.faults[0])
            lines.append("\(found.clientCount) clients: \(found.faults.count) errors, first: \(first)")
        }
        return lines.joined(separator: "\n")
    }

    private static let head = [
        "clients", "tokens/s", "first p50", "p95", "gap p50", "p95", "p99", "max", "cached", "errors",
    ]

    private func row(_ found: LoadFindings) -> [String] {
        let milliseconds = { (microseconds: Double) in fixed(microseconds / 1000, 1) }
        return [
            "\(found.clientCount)", fixed(found.tokensPerSecond, 1), milliseconds(found.firstToken(0.5)),
            milliseconds(found.firstToken(0.95)), milliseconds(found.gap(0.5)),
            milliseconds(found.gap(0.95)), milliseconds(found.gap(0.99)), milliseconds(found.gap(1)),
            "\(fixed(found.cachedShare * 100, 0)) %", "\(found.faults.count)",
        ]
    }

    private func sheet(_ findings: [LoadFindings], model: String) -> ChartSheet {
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
            note: "\(model) at \(options.url)"
        )
    }
}
