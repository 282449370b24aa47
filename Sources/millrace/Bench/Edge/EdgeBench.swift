import Configuration
import JSON
import Load

/// `millrace bench edge`: what the HTTP edge and the fleet behind it cost.
struct EdgeBench {
    let options: EdgeBenchOptions

    func run() throws {
        let connectionCount = options.connectionCounts.max() ?? 1
        // Both ends of each connection are in this process.
        try DescriptorLimit.raise(to: UInt(2 * connectionCount + 256))
        let edge = try EdgeSide(options.fleet, connectionCount: connectionCount)
        defer { edge.stop() }
        let answer = try LoadProbe.body(of: EdgeCase.completion.request, port: edge.port)
        let hello = try HelloSide(body: answer)
        defer { hello.stop() }
        let report = try measure(edge, hello)
        Millrace.say(report.text, to: 1)
        if let path = options.jsonPath { try NewFile.write(report.json.serialized + [0x0A], to: path) }
    }

    /// The sides take turns, so that whatever else the machine does meets all of them.
    private func measure(_ edge: EdgeSide, _ hello: HelloSide) throws -> EdgeReport {
        var report = EdgeReport(machine: MachineFacts(), window: options.window)
        let progress = ProgressLine(
            stepCount: options.connectionCounts.count * options.roundCount * EdgeCase.allCases.count
        )
        defer { progress.clear() }
        for connectionCount in options.connectionCounts {
            for _ in 0..<options.roundCount {
                var round: [EdgeCase: LoadFigures] = [:]
                for subject in EdgeCase.allCases {
                    progress.step("\(subject.title), \(connectionCount) connections")
                    let plan = LoadRun.Plan(
                        port: subject == .hello ? hello.port : edge.port,
                        request: subject.request,
                        connectionCount: connectionCount,
                        window: options.window
                    )
                    round[subject] = LoadFigures(try LoadRun.result(of: plan))
                }
                report.add(round, connectionCount: connectionCount)
            }
        }
        return report
    }
}
