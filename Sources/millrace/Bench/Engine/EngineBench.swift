import Configuration
import Contract
import EventLoop
import JSON

/// `millrace bench engine`: a model's speed in the engine that serves it.
struct EngineBench {
    let options: EngineBenchOptions

    /// Room for keys and values where nobody said what will be measured.
    private static let unplannedTokenCount = 32_768
    /// The prompt behind the time until the first token.
    private static let firstPromptTokenCount = 16

    func run() throws {
        let began = EventLoop.monotonicNow()
        let needed = cases.map(\.memoryTokenCount).max() ?? Self.unplannedTokenCount
        let engine = try BenchedEngine(options.model, memoryTokenCount: options.memoryTokenCount ?? needed)
        _ = try engine.sample(.prefill(tokenCount: Self.firstPromptTokenCount))
        var report = EngineReport(
            options: options,
            kernelPath: engine.kernelPath,
            readyTime: engine.readyTime,
            firstTokenTime: EventLoop.monotonicNow() - began
        )
        if case .lines = options.plan { return try answerLines(engine, report) }
        Millrace.say(report.head, to: 1)
        let firstSeconds = fixed(report.firstTokenTime / .seconds(1), 2)
        Millrace.say(
            "ready in \(fixed(report.readyTime / .seconds(1), 2)) s, first token in \(firstSeconds) s",
            to: 1
        )
        let progress = ProgressLine(stepCount: cases.count * options.roundCount)
        for subject in cases {
            let samples = try (0..<options.roundCount).map { round in
                progress.step("\(subject.title), round \(round + 1)")
                return try engine.sample(subject)
            }
            progress.clear()
            report.samples.append((subject, samples))
            Millrace.say(report.line(subject, samples), to: 1)
        }
        Millrace.say(report.memoryLine, to: 1)
        if let path = options.jsonPath { try NewFile.write(report.json.serialized + [0x0A], to: path) }
    }

    private var cases: [EngineCase] {
        guard case .table(let prefills, let streams, let depths, let decodeCount) = options.plan else {
            return []
        }
        return prefills.map { .prefill(tokenCount: $0) }
            + depths.flatMap { depth in
                streams.map { .decode(tokenCount: decodeCount, streamCount: $0, depth: depth) }
            }
    }

    /// One line of facts, then one for each line that is read.
    private func answerLines(_ engine: BenchedEngine, _ report: EngineReport) throws {
        Millrace.say(JSONValue.object(report.facts).description, to: 1)
        while let line = readLine() {
            let answer: JSONObject
            do {
                var object = try engine.sample(EngineCase(line)).json
                object["rss_bytes"] = .integer(ProcessMemory().residentBytes)
                answer = object
            } catch {
                answer = ["error": .string("\(error)")]
            }
            Millrace.say(JSONValue.object(answer).description, to: 1)
        }
    }
}
