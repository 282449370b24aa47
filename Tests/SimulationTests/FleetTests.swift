import Glibc
import Simulation
import Testing

@Suite struct `A simulated fleet` {
    /// How many histories are played; `scripts/test` plays 2,000 with the built program.
    private static let seedCount: UInt64 =
        getenv("MILLRACE_SEEDS").flatMap { UInt64(String(cString: $0)) } ?? 60

    /// Every third seed, so that the parts run side by side and take equally long.
    @Test(arguments: 0..<3 as Range<UInt64>)
    func `keeps its promises under every seed`(part: UInt64) {
        let totals = Self.play(.faults, part)
        // A small sample need not meet everything.
        guard Self.seedCount >= 60 else { return }
        #expect(totals.continuations > 0)
        #expect(totals.struck.count >= Fault.allCases.count - 2, "\(totals.struck)")
    }

    @Test(arguments: 0..<3 as Range<UInt64>)
    func `keeps them while processes come and go, and clients with them`(part: UInt64) {
        let totals = Self.play(.continuation, part)
        guard Self.seedCount >= 60 else { return }
        #expect(Set(totals.struck.keys) == Set(Fault.allCases), "\(totals.struck)")
        #expect(totals.takeovers > 0)
        #expect(totals.resumes > 0)
    }

    /// Edges held a job for ever that another one had taken, and a stream was missed that was over.
    @Test(arguments: [1725, 1915, 2492] as [UInt64])
    func `keeps them in histories that once ended badly`(seed: UInt64) {
        #expect(FleetSimulation(seed: seed, scenario: .continuation).run().violations == [])
    }

    /// What a part of the seeds came to; every violation is recorded.
    private static func play(_ scenario: Scenario, _ part: UInt64) -> FleetSimulation.Report {
        var totals = FleetSimulation.Report(seed: 0, violations: [])
        for seed in 1...max(1, seedCount) where seed % 3 == part {
            let report = FleetSimulation(seed: seed, scenario: scenario).run()
            totals.struck.merge(report.struck) { $0 + $1 }
            totals.continuations += report.continuations
            totals.takeovers += report.takeovers
            totals.resumes += report.resumes
            for violation in report.violations {
                let words = "millrace simulate --scenario \(scenario.rawValue) --seed \(seed)"
                Issue.record("\(violation); replay with: \(words)")
            }
        }
        return totals
    }

    @Test(arguments: [1, 2] as [UInt64])
    func `plays the same history under the same seed`(seed: UInt64) {
        let reports = (0..<2).map { _ in
            let trace = TraceHash()
            let simulation = FleetSimulation(seed: seed) { trace.add($0) }
            return (report: simulation.run(), trace: trace)
        }
        let (first, second) = (reports[0].report, reports[1].report)
        #expect(first.events == second.events)
        #expect(first.frames == second.frames)
        #expect(first.faults == second.faults)
        #expect(first.jobs == second.jobs)
        #expect(first.tokens == second.tokens)
        #expect(first.continuations == second.continuations)
        #expect(first.struck == second.struck)
        #expect(first.violations == second.violations)
        #expect(first.events > 0)
        #expect(reports[0].trace == reports[1].trace)
    }
}

@Suite struct `The checkers of the simulated fleet` {
    /// A bug and the first history that shows it.
    struct Found: Sendable, CustomTestStringConvertible {
        var plant: Plant
        var seed: UInt64
        var testDescription: String { "\(plant.rawValue) under seed \(seed)" }
    }

    static let found = [
        Found(plant: .attemptNotChecked, seed: 264),
        Found(plant: .positionNotChecked, seed: 1),
        Found(plant: .creditAsDelta, seed: 1),
        Found(plant: .ackBeforeAppend, seed: 1),
        Found(plant: .lossNotTold, seed: 8),
        Found(plant: .doneNotSaid, seed: 1),
        Found(plant: .drawsRestarted, seed: 7),
        Found(plant: .cancelNotSettled, seed: 10),
        Found(plant: .placeLost, seed: 1),
        Found(plant: .counterReset, seed: 1),
        Found(plant: .loadNotReleasedOnCancel, seed: 2),
        Found(plant: .ownershipNotDroppedOnEviction, seed: 1),
        Found(plant: .loadNotShared, seed: 1),
        Found(plant: .failureNotCounted, seed: 1),
        Found(plant: .resumeAtWrongPosition, seed: 8),
        Found(plant: .takeoverNotFenced, seed: 20),
        Found(plant: .epochNotChecked, seed: 31),
        Found(plant: .revisionNotChecked, seed: 7),
    ]

    @Test(arguments: found) func `see a bug that was planted, and none where none was`(found: Found) {
        #expect(!FleetSimulation(seed: found.seed, plant: found.plant).run().violations.isEmpty)
        let sound = FleetSimulation(seed: found.seed, scenario: found.plant.scenario).run()
        #expect(sound.violations.isEmpty)
    }

    @Test func `know every bug that can be planted`() {
        #expect(Set(Self.found.map(\.plant)) == Set(Plant.allCases))
    }
}

/// FNV-1a over every line of a history.
private final class TraceHash: Equatable {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    func add(_ line: String) {
        for byte in line.utf8 { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }

    static func == (left: TraceHash, right: TraceHash) -> Bool { left.state == right.state }
}
