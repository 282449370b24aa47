import Configuration
import JSON
import Load

/// Hands out the requests of one measurement to its clients, and knows afterwards what each reply was to.
///
/// With a check everything is asked twice, the second time in other company; agents come in pairs instead.
final class LoadDesk {
    private let workload: LoadWorkload
    /// Numbers of the requests to come, for whichever client is free.
    private var waiting: ArraySlice<Int> = []
    /// Of each agent, what it was answered so far.
    private var answers: [[String]]
    private var asks: [LoadAsk] = []

    /// `first`: the number of the first request, which no earlier measurement has had.
    init(_ workload: LoadWorkload, clientCount: Int, first: Int) {
        self.workload = workload
        answers = Array(repeating: [], count: clientCount)
        guard !isOfAgents else { return }
        let numbers = Array(first..<first + clientCount * workload.options.requestCount)
        waiting = numbers[...]
        if workload.options.isChecked {
            // From the middle on, so that a request meets others than before.
            let half = numbers.count / 2
            waiting += numbers[half...] + numbers[..<half]
        }
    }

    /// How many requests a measurement has.
    static func requestCount(_ options: LoadBenchOptions, clientCount: Int) -> Int {
        let isRepeated = options.isChecked && options.workload != .agents
        return clientCount * options.requestCount * (isRepeated ? 2 : 1)
    }

    private var isOfAgents: Bool { workload.options.workload == .agents }

    /// What a reply was to.
    func ask(of reply: StreamReply) -> LoadAsk { asks[reply.number] }

    func next(_ client: Int, _ last: StreamReply?) -> StreamOrder? {
        guard let ask = isOfAgents ? turn(client, last) : waiting.popFirst().map(workload.ask) else {
            return nil
        }
        let addresses = workload.servers.addresses
        let address = addresses[asks.count % addresses.count]
        let request = LoadRequest(
            post: address.path(of: ask.route),
            json: ask.body.description,
            to: address,
            fields: ask.fields
        )
        asks.append(ask)
        return StreamOrder(number: asks.count - 1, request: request, address: address)
    }

    /// Nil for an agent that has had all of its turns, or an answer that it cannot go on from.
    private func turn(_ client: Int, _ last: StreamReply?) -> LoadAsk? {
        if let last {
            let figures = StreamFigures(last)
            guard figures.fault == nil else { return nil }
            answers[client].append(figures.text)
        }
        guard answers[client].count < workload.options.requestCount else { return nil }
        let agent = workload.options.isChecked ? client / 2 : client
        return workload.turn(of: agent, after: answers[client])
    }
}
