import Configuration
import Console
import Contract
import EventLoop
import JSON
import Load

/// `millrace bench`: more and more clients at running servers.
struct LoadBench {
    let options: LoadBenchOptions

    func run() throws {
        let most = options.clientCounts.max() ?? 1
        try DescriptorLimit.raise(to: UInt(most + 64))
        let seed = options.seed.map { UInt64($0) } ?? UInt64(EventLoop.monotonicNow().microseconds)
        let maker = PromptMaker(seed: seed)
        let servers = try LoadServers(options, maker)
        let workload = LoadWorkload(options: options, servers: servers, maker: maker, seed: seed)
        let counts = options.clientCounts
        let total = counts.reduce(0) { $0 + LoadDesk.requestCount(options, clientCount: $1) }
        let progress = ProgressLine(stepCount: total)
        var findings: [LoadFindings] = []
        var check = LoadCheck()
        var firstNumber = 1
        for count in counts {
            let desk = LoadDesk(workload, clientCount: count, first: firstNumber)
            // With a check the next clients ask the same again, and more.
            if !options.isChecked { firstNumber += count * options.requestCount }
            let plan = StreamRun.Plan(clientCount: count, next: desk.next)
            let replies = try StreamRun.replies(to: plan) { _ in progress.step("\(count) clients") }
            let answers = replies.map { (ask: desk.ask(of: $0), figures: StreamFigures($0)) }
            if options.isChecked { for answer in answers { check.take(answer.ask, answer.figures) } }
            findings.append(
                LoadFindings(
                    clientCount: count,
                    replies: replies,
                    answers: answers.map { ($0.ask.kind, $0.figures) }
                )
            )
        }
        progress.clear()
        let report = LoadReport(options: options, model: servers.model, seed: seed, findings, check)
        Millrace.say(report.text, to: 1)
        if let path = options.jsonPath { try NewFile.write(report.json.serialized + [0x0A], to: path) }
        if let path = options.plotPath { try NewFile.write(Array(report.sheet.svg.utf8), to: path) }
        if report.hasFailures { throw ExitStatus(code: 1) }
    }
}
