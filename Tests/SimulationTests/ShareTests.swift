import Simulation
import Testing

/// What is promised of shares, over histories of the whole fleet with real lanes, roles and engines.
@Suite struct `A simulated fleet that is shared` {
    private func play(_ scenario: Scenario, _ seed: UInt64) -> FleetSimulation.Report {
        let report = FleetSimulation(seed: seed, scenario: scenario).run()
        for violation in report.violations {
            let replay = "millrace simulate --scenario \(scenario.rawValue) --seed \(seed)"
            Issue.record("\(violation); replay with: \(replay)")
        }
        return report
    }

    /// The others are played by `scripts/test` with the built program, under more seeds.
    @Test(arguments: [.weightedTenants, .everyLane] as [Scenario], [1] as [UInt64])
    func `gives everybody what is theirs`(scenario: Scenario, seed: UInt64) {
        let report = play(scenario, seed)
        #expect(report.shares.allSatisfy { $0.finished > 0 }, "\(report.shares.map(\.finished))")
    }

    @Test(arguments: [1] as [UInt64])
    func `lets a tenant wait hardly longer when its neighbour asks a hundred times as much`(seed: UInt64) {
        let times = [Scenario.quietNeighbour, .loudNeighbour].map { play($0, seed).shares[0].wholeTimes }
        let (quiet, loud) = (Self.late(times[0]), Self.late(times[1]))
        #expect(times.allSatisfy { $0.count > 20 })
        #expect(Double(loud) <= 1.2 * Double(quiet), "95 of 100 within \(quiet) us, then \(loud) us")
    }

    @Test(arguments: [1, 2] as [UInt64])
    func `lets high jobs begin as if low ones were not there`(seed: UInt64) {
        let times = [Scenario.highAlone, .highOverLow].map { play($0, seed).shares[0].firstTokens }
        let (alone, beside) = (Self.late(times[0]), Self.late(times[1]))
        #expect(times.allSatisfy { $0.count > 20 })
        let words: Comment = "95 of 100 within \(alone) us, then \(beside) us"
        // One step more: that which is under way.
        #expect(Double(beside) <= 1.2 * Double(alone) + 11_000, words)
    }

    /// `scripts/test` plays more of them with the built program.
    @Test(arguments: [.placement, .placementFaults] as [Scenario], [1, 2] as [UInt64])
    func `loads and unloads models within its promises`(scenario: Scenario, seed: UInt64) {
        let report = play(scenario, seed)
        #expect(report.shares.filter { $0.finished > 0 }.count > 4, "\(report.shares.map(\.finished))")
    }

    private static func late(_ times: [Int64]) -> Int64 { FleetSimulation.Share.percentile(95, of: times) }
}
