import Configuration
import Console
import JSON

/// `millrace bench curve`: what more streams and longer contexts cost.
struct CurveBench {
    let options: CurveBenchOptions

    /// Tokens of context of each stream where the number of streams grows.
    private static let streamDepth = 128

    /// A measurement, with the place of its point on the axis.
    private struct Point {
        var x: Int
        var subject: EngineCase
        var samples: [EngineSample] = []

        var rate: Spread { Spread(samples.map(\.tokensPerSecond)) }
        var firstToken: Spread { Spread(samples.map(\.firstTokenSeconds)) }
    }

    func run() throws {
        var streams = options.streamCounts.sorted().map { count in
            Point(
                x: count,
                subject: .decode(
                    tokenCount: options.decodeCount,
                    streamCount: count,
                    depth: Self.streamDepth
                )
            )
        }
        var depths = options.depths.filter { $0 > 0 }.sorted().map { depth in
            Point(
                x: depth,
                subject: .decode(tokenCount: options.decodeCount, streamCount: 1, depth: depth)
            )
        }
        let needed = (streams + depths).map(\.subject.memoryTokenCount).max() ?? 1
        let engine = try BenchedEngine(options.model, memoryTokenCount: needed)
        depths.removeAll { $0.x + options.decodeCount >= engine.contextTokens }
        _ = try engine.sample(.prefill(tokenCount: 16))
        let progress = ProgressLine(stepCount: options.roundCount * (streams.count + depths.count))
        for _ in 0..<options.roundCount {
            for index in streams.indices { try measure(&streams[index], engine, progress) }
            for index in depths.indices { try measure(&depths[index], engine, progress) }
        }
        progress.clear()
        Millrace.say(table("streams", streams) + "\n\n" + table("context", depths), to: 1)
        if let path = options.jsonPath {
            let json: JSONValue = [
                "subject": "curve", "version": .string(Millrace.version),
                "model": .string(options.model.path),
                "threads": .integer(Int64(options.model.engine.threadCount)),
                "streams": .array(streams.map(json)), "contexts": .array(depths.map(json)),
            ]
            try NewFile.write(json.serialized + [0x0A], to: path)
        }
        if let path = options.plotPath {
            try NewFile.write(Array(sheet(streams, depths).svg.utf8), to: path)
        }
    }

    private func measure(_ point: inout Point, _ engine: BenchedEngine, _ progress: ProgressLine) throws {
        progress.step(point.subject.title)
        point.samples.append(try engine.sample(point.subject))
    }

    private func table(_ title: String, _ points: [Point]) -> String {
        let rows = points.map { point in
            [
                "\(point.x)", point.rate.text { fixed($0, 1) }, point.firstToken.text { fixed($0, 2) },
                busy(point.samples.map(\.othersShare)),
            ]
        }
        let table = TextTable([[title, "tokens/s", "first token, s", ""]] + rows, leftColumnCount: 0)
        return table.lines.joined(separator: "\n")
    }

    private func json(_ point: Point) -> JSONValue {
        var object = point.subject.json
        object["tokens_per_second"] = point.rate.json
        object["first_token_seconds"] = point.firstToken.json
        object["samples"] = .array(point.samples.map { .object($0.json) })
        return .object(object)
    }

    private func sheet(_ streams: [Point], _ depths: [Point]) -> ChartSheet {
        let speed = { (title: String, xTitle: String, points: [Point]) in
            LineChart(
                title: title,
                xTitle: xTitle,
                yTitle: "tokens per second",
                series: [.init("", points.map { (x: Double($0.x), y: $0.rate.median) })]
            )
        }
        let wait = { (xTitle: String, points: [Point]) in
            LineChart(
                title: "Time to first token",
                xTitle: xTitle,
                yTitle: "seconds",
                yScale: .logarithmic,
                series: [.init("", points.map { (x: Double($0.x), y: $0.firstToken.median) })]
            )
        }
        let depth = "\(Self.streamDepth) tokens each"
        let threadCount = options.model.engine.threadCount
        return ChartSheet(
            [
                speed("Speed of all streams", "streams of \(depth)", streams),
                wait("prompts of \(depth), at once", streams),
                speed("Speed of one stream", "tokens of context", depths),
                wait("tokens of the prompt", depths),
            ],
            note: """
                \(options.model.path.split(separator: "/").last ?? "") on \
                \(threadCount == 1 ? "1 thread" : "\(threadCount) threads"), \(MachineFacts().processor)
                """
        )
    }
}

/// A mark for measurements on a busy machine; empty for others.
func busy(_ shares: [Double]) -> String {
    let most = shares.max() ?? 0
    return most > OtherLoad.tolerable ? "busy \(fixed(most * 100, 0)) %" : ""
}
