import Configuration
import Console
import Contract
import EventLoop
import JSON

/// `millrace bench coordinator`: how many jobs one core leases, and how long one decision takes.
struct CoordinatorBench {
    let options: CoordinatorBenchOptions

    func run() throws {
        var fleet = BenchedFleet(workerCount: options.workerCount, waitingCount: options.waitingCount)
        fleet.fill()
        // What comes first makes room for what follows.
        fleet.run(leaseCount: 20 * options.workerCount)
        fleet.forgetTimes()
        let load = OtherLoad()
        let began = EventLoop.monotonicNow()
        while EventLoop.monotonicNow() - began < options.window { fleet.run(leaseCount: options.workerCount) }
        let othersShare = load.share
        let figures = fleet.figures
        let rows = [
            ["", "leases/s", "p50, us", "p99, us", "longest, us", ""],
            [
                "\(options.workerCount) workers, \(options.waitingCount) waiting",
                fixed(figures.leasesPerSecond, 0), fixed(figures.median, 1), fixed(figures.p99, 1),
                fixed(figures.longest, 0), busy([othersShare]),
            ],
        ]
        Millrace.say(TextTable(rows, leftColumnCount: 1).lines.joined(separator: "\n"), to: 1)
        guard let path = options.jsonPath else { return }
        let json: JSONValue = [
            "subject": "coordinator", "version": .string(Millrace.version),
            "workers": .integer(Int64(options.workerCount)), "waiting": .integer(Int64(options.waitingCount)),
            "leases": .integer(Int64(figures.leaseCount)),
            "leases_per_second": .number(figures.leasesPerSecond),
            "decision_p50_us": .number(figures.median), "decision_p99_us": .number(figures.p99),
            "decision_longest_us": .number(figures.longest), "others_share": .number(othersShare),
        ]
        try NewFile.write(json.serialized + [0x0A], to: path)
    }
}
