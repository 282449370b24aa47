import Configuration
import Simulation

/// `millrace simulate`: plays histories of a whole fleet under a seed each, and says which went wrong.
struct SimulateCommand {
    let options: SimulateOptions

    init(_ options: SimulateOptions) { self.options = options }

    func run() throws {
        let plant = try options.plantedBug.map(plant)
        let scenario = try options.scenario.map(scenario)
        var totals = (events: 0, frames: 0, faults: 0, jobs: 0, tokens: 0, continuations: 0)
        var failed: [UInt64] = []
        for seed in options.seeds {
            let trace: ((String) -> Void)? = options.traces ? { Millrace.say($0, to: 2) } : nil
            let report = FleetSimulation(seed: seed, plant: plant, scenario: scenario, trace: trace).run()
            totals.events += report.events
            totals.frames += report.frames
            totals.faults += report.faults
            totals.jobs += report.jobs
            totals.tokens += report.tokens
            totals.continuations += report.continuations
            if options.traces || seedsAreFew, !report.shares.isEmpty { tell(report.shares) }
            if seedsAreFew, scenario == .sharedPrefixes {
                for line in ReuseComparison(seed: seed, chosen: report).lines { Millrace.say(line, to: 1) }
            }
            guard let first = report.violations.first else { continue }
            failed.append(seed)
            if failed.count <= 5 { Millrace.say("seed \(seed): \(first)", to: 1) }
        }
        Millrace.say(
            """
            \(options.seeds.count) histories: \(totals.events) events, \(totals.frames) frames, \
            \(totals.faults) faults, \(totals.jobs) jobs, \(totals.tokens) tokens, \
            \(totals.continuations) continuations
            """,
            to: 1
        )
        guard let first = failed.first else { return Millrace.say("no violation", to: 1) }
        Millrace.say(
            "\(failed.count) histories with violations; replay with: millrace simulate --seed \(first)",
            to: 1
        )
        throw ExitStatus(code: 1)
    }

    private var seedsAreFew: Bool { options.seeds.count <= 5 }

    private func tell(_ shares: [FleetSimulation.Share]) {
        for share in shares {
            let first = FleetSimulation.Share.percentile(95, of: share.firstTokens)
            let whole = FleetSimulation.Share.percentile(95, of: share.wholeTimes)
            let words =
                "\(share.tenant), \(share.lane): \(share.tokens) tokens, \(share.finished) jobs; "
                + "95 of 100 begin within \(first) us and end within \(whole) us"
            Millrace.say(words, to: 1)
        }
    }

    private func plant(_ name: String) throws -> Plant {
        if let plant = Plant(rawValue: name) { return plant }
        let known = Plant.allCases.map(\.rawValue).joined(separator: ", ")
        throw UnknownName(description: "--plant knows no \(name), only: \(known)")
    }

    private func scenario(_ name: String) throws -> Scenario {
        if let scenario = Scenario(rawValue: name) { return scenario }
        let known = Scenario.allCases.map(\.rawValue).joined(separator: ", ")
        throw UnknownName(description: "--scenario knows no \(name), only: \(known)")
    }

    private struct UnknownName: Error, CustomStringConvertible {
        var description: String
    }
}
