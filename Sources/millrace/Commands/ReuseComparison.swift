import Console
import Roles
import Simulation

/// One history of prompts that begin alike, played under every way of choosing workers.
struct ReuseComparison {
    private let reports: [(rule: ChoiceRule, report: FleetSimulation.Report)]

    init(seed: UInt64, chosen: FleetSimulation.Report) {
        reports = ChoiceRule.allCases.map { rule in
            guard rule != .leastTime else { return (rule, chosen) }
            return (rule, FleetSimulation(seed: seed, scenario: .sharedPrefixes, rule: rule).run())
        }
    }

    /// A line for each, and for an oracle: one worker with the memory of all, that computes in no time.
    var lines: [String] {
        let findable = reports.first { $0.rule == .leastTime }?.report.reuse.findableRate ?? 0
        var rows = [["workers by", "tokens found", "of the oracle's", "first token, mean"]]
        rows.append(["oracle", percent(findable), percent(1), ""])
        for (rule, report) in reports {
            let reuse = report.reuse
            rows.append(
                [
                    rule.rawValue, percent(reuse.hitRate), percent(reuse.hitRate / max(findable, 1e-9)),
                    "\(fixed(reuse.meanFirstToken, 1)) ms",
                ]
            )
        }
        return TextTable(rows, leftColumnCount: 1).lines
    }

    private func percent(_ part: Double) -> String { "\(fixed(part * 100, 1)) %" }
}
