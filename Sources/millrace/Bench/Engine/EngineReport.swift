import Configuration
import Console
import JSON

/// What measurements of an engine found.
struct EngineReport {
    let machine = MachineFacts()
    let options: EngineBenchOptions
    let kernelPath: String
    let readyTime: Duration
    let firstTokenTime: Duration
    var samples: [(subject: EngineCase, samples: [EngineSample])] = []

    func line(_ subject: EngineCase, _ samples: [EngineSample]) -> String {
        let rates = Spread(samples.map(\.tokensPerSecond))
        let steps = samples.reduce(0) { $0 + $1.stepCount }
        var words = "\(subject.title): \(rates.text { fixed($0, 1) }) tokens/s"
        if case .decode(_, let streamCount, _) = subject {
            let each = samples.reduce(0) { $0 + $1.seconds } / Double(max(1, steps))
            words += ", \(fixed(each * 1000, 2)) ms a step"
            let tokens = samples.reduce(0) { $0 + $1.tokenCount }
            if tokens > steps * streamCount { words += ", speculated" }
        }
        let busiest = samples.map(\.othersShare).max() ?? 0
        if busiest > OtherLoad.tolerable { words += "  [others used up to \(fixed(busiest * 100, 0)) %]" }
        return words
    }

    var head: String {
        """
        \(machine.processor), \(machine.processorCount) CPUs, \(options.model.engine.threadCount) threads, \
        \(kernelPath), kv \(options.model.engine.kvPrecision.rawValue), activations \
        \(options.model.engine.activations.rawValue)
        """
    }

    /// What does not depend on a measurement.
    var facts: JSONObject {
        let memory = ProcessMemory()
        return [
            "ready_seconds": .number(readyTime / .seconds(1)),
            "first_token_seconds": .number(firstTokenTime / .seconds(1)),
            "rss_bytes": .integer(memory.residentBytes), "own_bytes": .integer(memory.ownBytes),
            "peak_rss_bytes": .integer(memory.peakBytes),
        ]
    }

    var memoryLine: String {
        let memory = ProcessMemory()
        let text = { (bytes: Int64) in byteText(Int(clamping: bytes)) }
        return """
            memory: \(text(memory.residentBytes)) resident, \(text(memory.ownBytes)) of it without mapped \
            files; at most \(text(memory.peakBytes))
            """
    }

    var json: JSONValue {
        var object: JSONObject = [
            "subject": "engine", "version": .string(Millrace.version), "cpu": .string(machine.processor),
            "cpu_count": .integer(Int64(machine.processorCount)), "model": .string(options.model.path),
            "threads": .integer(Int64(options.model.engine.threadCount)), "kernels": .string(kernelPath),
            "kv": .string(options.model.engine.kvPrecision.rawValue),
            "activations": .string(options.model.engine.activations.rawValue),
        ]
        for (key, value) in facts { object[key] = value }
        object["measurements"] = .array(
            samples.map { subject, samples in
                var entry = subject.json
                entry["tokens_per_second"] = Spread(samples.map(\.tokensPerSecond)).json
                entry["samples"] = .array(samples.map { .object($0.json) })
                return .object(entry)
            }
        )
        return .object(object)
    }
}
