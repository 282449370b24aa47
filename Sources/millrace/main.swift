import Simulation

let arguments = CommandLine.arguments
let from = arguments.count > 1 ? UInt64(arguments[1]) ?? 1 : 1
let count = arguments.count > 2 ? UInt64(arguments[2]) ?? 1 : 100
let plant = arguments.count > 3 ? Plant(rawValue: arguments[3]) : nil
let traced = arguments.count > 4
var failed = 0
var totals = (events: 0, tokens: 0, continuations: 0, faults: 0)
for seed in from..<(from + count) {
    let report = FleetSimulation(seed: seed, plant: plant, trace: traced ? { print($0) } : nil).run()
    totals.events += report.events
    totals.tokens += report.tokens
    totals.continuations += report.continuations
    totals.faults += report.faults
    if !report.violations.isEmpty {
        failed += 1
        if failed < 6 { print(seed, report.violations.prefix(3)) }
    }
}
print("failed \(failed) of \(count)", totals)
