import Configuration
import JSON
import Load

/// One thing that a client of a load asks for.
struct LoadAsk {
    /// Whose percentiles it counts in; all requests of a plain workload have the same.
    var kind: String
    var route = "/v1/chat/completions"
    var body: JSONValue
    /// Further lines of the request's head.
    var fields: [String] = []
}

/// What the clients of a load ask for: equal seeds and numbers make equal requests.
struct LoadWorkload {
    /// A long prompt among others, in lengths of theirs.
    private static let longFactor = 8
    private static let lanes = ["high", "normal", "normal", "low", "low"]

    let options: LoadBenchOptions
    let servers: LoadServers
    let maker: PromptMaker
    let seed: UInt64

    /// The request with this number, in a workload whose requests know nothing of each other.
    func ask(_ number: Int) -> LoadAsk {
        let tokens = options.promptTokenCount
        switch options.workload {
        case .completions, .agents:
            return LoadAsk(
                kind: "all",
                route: "/v1/completions",
                body: body(["prompt": .string(prompt(number, tokens: tokens))])
            )
        case .chat:
            let system = systemText(ofGroup: number % options.groupCount)
            let question = ownText(number, tokens: tokens)
            return LoadAsk(kind: "all", body: chat([("system", system), ("user", question)]))
        case .long:
            let isLong = number.isMultiple(of: 4)
            let text = prompt(number, tokens: isLong ? tokens * Self.longFactor : tokens)
            return LoadAsk(kind: isLong ? "long" : "short", body: chat([("user", text)]))
        case .lanes:
            let lane = Self.lanes[number % Self.lanes.count]
            let text = prompt(number, tokens: tokens)
            return LoadAsk(kind: lane, body: chat([("user", text)]), fields: ["x-millrace-lane: \(lane)"])
        }
    }

    /// An agent's next turn: all that was said, and what it has found out since.
    func turn(of agent: Int, after answers: [String]) -> LoadAsk {
        var messages = [("system", systemText(ofGroup: agent % options.groupCount))]
        for turn in 0...answers.count {
            // As many numbers for each agent as it has turns at most.
            let number = agent * options.requestCount + turn + 1
            messages.append(("user", ownText(number, tokens: options.promptTokenCount)))
            if turn < answers.count { messages.append(("assistant", answers[turn])) }
        }
        return LoadAsk(kind: answers.isEmpty ? "first turn" : "later turns", body: chat(messages))
    }

    private func prompt(_ number: Int, tokens: Int) -> String {
        let count = servers.wordCount(ofTokens: tokens)
        let shared = count * options.sharedPercent / 100
        return maker.prompt(number: number, wordCount: count, sharedWordCount: shared)
    }

    /// What all of a group begin with.
    private func systemText(ofGroup group: Int) -> String {
        let count = servers.wordCount(ofTokens: options.promptTokenCount * options.sharedPercent / 100)
        // A group is a maker of its own, whose shared words are the system text.
        let words = PromptMaker(seed: seed &+ UInt64(group + 1) &* 0x9E37_79B9_7F4A_7C15)
        return words.prompt(number: 0, wordCount: count, sharedWordCount: count)
    }

    private func ownText(_ number: Int, tokens: Int) -> String {
        let count = servers.wordCount(ofTokens: tokens * (100 - options.sharedPercent) / 100)
        return maker.prompt(number: number, wordCount: count, sharedWordCount: 0)
    }

    private func chat(_ messages: [(role: String, text: String)]) -> JSONValue {
        let list: [JSONValue] = messages.map { ["role": .string($0.role), "content": .string($0.text)] }
        return body(["messages": .array(list)])
    }

    private func body(_ asked: JSONObject) -> JSONValue {
        var body: JSONObject = [
            "model": .string(servers.model), "max_tokens": .integer(Int64(options.maxTokenCount)),
            "temperature": 0, "stream": true, "stream_options": ["include_usage": true], "ignore_eos": true,
        ]
        for (name, value) in asked { body[name] = value }
        return .object(body)
    }
}
