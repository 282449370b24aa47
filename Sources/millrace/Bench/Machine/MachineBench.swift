import Configuration
import Console
import JSON

/// `millrace bench machine`: the limits that everything else is held against.
struct MachineBench {
    let options: MachineBenchOptions

    func run() throws {
        let facts = MachineFacts()
        let limits = try MachineLimits(threadCounts: Array(Set([1, options.threadCount])).sorted())
        var rows = [["limit"] + limits.reading.rates.map { "\($0.threadCount) thr" } + ["", "by"]]
        for limit in limits.all {
            let isReading = limit.name == limits.reading.name
            rows.append(
                [limit.name] + limit.rates.map { fixed($0.rate, 1) } + [isReading ? "GB/s" : "Gop/s"]
                    + [limit.means]
            )
        }
        var lines = ["\(facts.processor), \(facts.processorCount) CPUs", ""]
        lines += TextTable(rows, leftColumnCount: 1).lines
        if limits.othersShare > OtherLoad.tolerable {
            lines += ["", "others used \(fixed(limits.othersShare * 100, 0)) % of the CPUs meanwhile"]
        }
        Millrace.say(lines.joined(separator: "\n"), to: 1)
        guard let path = options.jsonPath else { return }
        let json: JSONValue = [
            "subject": "machine", "version": .string(Millrace.version), "cpu": .string(facts.processor),
            "cpu_count": .integer(Int64(facts.processorCount)), "limits": limits.json,
        ]
        try NewFile.write(json.serialized + [0x0A], to: path)
    }
}
