import JSON

/// What a measurement of the edge found: each case by itself, and next to the hello server of the same round.
struct EdgeReport {
    /// All rounds with one number of connections.
    struct Block {
        var connectionCount: Int
        var rounds: [[EdgeCase: LoadFigures]]

        func spread(_ subject: EdgeCase, _ figure: (LoadFigures) -> Double) -> Spread {
            Spread(rounds.compactMap { $0[subject].map(figure) })
        }

        /// A comparison with the hello server, round by round.
        func spread(
            _ subject: EdgeCase,
            _ compare: (_ edge: LoadFigures, _ hello: LoadFigures) -> Double
        ) -> Spread {
            Spread(
                rounds.compactMap { round in
                    guard let edge = round[subject], let hello = round[.hello] else { return nil }
                    return compare(edge, hello)
                }
            )
        }

        func ratio(_ subject: EdgeCase) -> Spread {
            spread(subject) { $1.requestsPerSecond > 0 ? $0.requestsPerSecond / $1.requestsPerSecond : 0 }
        }

        func addedP50(_ subject: EdgeCase) -> Spread { spread(subject) { $0.p50 - $1.p50 } }
        func addedP99(_ subject: EdgeCase) -> Spread { spread(subject) { $0.p99 - $1.p99 } }
    }

    let machine: MachineFacts
    let window: Duration
    private(set) var blocks: [Block] = []

    init(machine: MachineFacts, window: Duration) {
        self.machine = machine
        self.window = window
    }

    mutating func add(_ round: [EdgeCase: LoadFigures], connectionCount: Int) {
        if blocks.last?.connectionCount != connectionCount {
            blocks.append(Block(connectionCount: connectionCount, rounds: []))
        }
        blocks[blocks.count - 1].rounds.append(round)
    }

    /// From a request that waits for nobody to the first token on the client's socket.
    var queueToFirstByte: Spread? {
        blocks.first { $0.connectionCount == 1 }?.spread(.stream, \.firstByteP50)
    }
}

extension EdgeReport {
    var json: JSONValue {
        var object: JSONObject = [
            "subject": "edge",
            "version": .string(Millrace.version),
            "cpu": .string(machine.processor),
            "cpu_count": .integer(Int64(machine.processorCount)),
            "seconds_per_measurement": .number(window / .seconds(1)),
            "rounds": .integer(Int64(blocks.first?.rounds.count ?? 0)),
            "measurements": .array(blocks.flatMap { block in EdgeCase.allCases.map { json($0, block) } }),
        ]
        if let queueToFirstByte { object["queue_to_first_byte_p50_us"] = queueToFirstByte.json }
        return .object(object)
    }

    private func json(_ subject: EdgeCase, _ block: Block) -> JSONValue {
        var object: JSONObject = [
            "case": .string(subject.rawValue),
            "connections": .integer(Int64(block.connectionCount)),
            "requests_per_second": block.spread(subject, \.requestsPerSecond).json,
            "p50_us": block.spread(subject, \.p50).json,
            "p99_us": block.spread(subject, \.p99).json,
            "first_byte_p50_us": block.spread(subject, \.firstByteP50).json,
        ]
        if subject != .hello {
            object["requests_per_second_of_hello"] = block.ratio(subject).json
            object["added_p50_us"] = block.addedP50(subject).json
            object["added_p99_us"] = block.addedP99(subject).json
        }
        return .object(object)
    }
}
