import Contract
import JSON
import Load

/// What one number of clients got from the servers; times in microseconds.
struct LoadFindings {
    let clientCount: Int
    let requestCount: Int
    let faults: [String]
    let seconds: Double
    let completionTokens: Int
    let promptTokens: Int
    let cachedTokens: Int
    /// The same of the requests of each kind, where there are several.
    private(set) var parts: [(kind: String, found: LoadFindings)] = []
    /// Ascending.
    private let firstTokens: [Int64]
    private let gaps: [Int64]

    /// `answers`: each with its kind.
    init(clientCount: Int, replies: [StreamReply], answers: [(kind: String, figures: StreamFigures)]) {
        let began = replies.map(\.sentAt).min() ?? .zero
        let ended = replies.map(\.endedAt).max() ?? .zero
        let seconds = (ended - began) / .seconds(1)
        self.init(clientCount: clientCount, seconds: seconds, figures: answers.map(\.figures))
        let kinds = Set(answers.map(\.kind)).sorted()
        guard kinds.count > 1 else { return }
        parts = kinds.map { kind in
            let own = answers.filter { $0.kind == kind }.map(\.figures)
            return (kind, LoadFindings(clientCount: clientCount, seconds: seconds, figures: own))
        }
    }

    private init(clientCount: Int, seconds: Double, figures: [StreamFigures]) {
        self.clientCount = clientCount
        self.seconds = seconds
        let whole = figures.filter { $0.fault == nil }
        requestCount = figures.count
        faults = figures.compactMap(\.fault)
        completionTokens = whole.reduce(0) { $0 + $1.completionTokens }
        promptTokens = whole.reduce(0) { $0 + $1.promptTokens }
        cachedTokens = whole.reduce(0) { $0 + $1.cachedTokens }
        firstTokens = whole.map(\.timeToFirstToken).sorted()
        gaps = whole.flatMap(\.gaps).sorted()
    }

    var tokensPerSecond: Double { seconds > 0 ? Double(completionTokens) / seconds : 0 }

    func firstToken(_ share: Double) -> Double { LoadResult.quantile(share, of: firstTokens) }
    func gap(_ share: Double) -> Double { LoadResult.quantile(share, of: gaps) }

    /// Of what was in the prompts, from 0 to 1.
    var cachedShare: Double { promptTokens > 0 ? Double(cachedTokens) / Double(promptTokens) : 0 }

    var json: JSONValue {
        var json: JSONObject = [
            "clients": .integer(Int64(clientCount)), "requests": .integer(Int64(requestCount)),
            "errors": .integer(Int64(faults.count)),
            "first_error": faults.first.map { .string($0) } ?? .null,
            "seconds": .number(seconds), "tokens_per_second": .number(tokensPerSecond),
            "completion_tokens": .integer(Int64(completionTokens)),
            "prompt_tokens": .integer(Int64(promptTokens)),
            "cached_tokens": .integer(Int64(cachedTokens)),
            "ttft_us": [
                "p50": .number(firstToken(0.5)), "p95": .number(firstToken(0.95)),
                "p99": .number(firstToken(0.99)), "max": .number(firstToken(1)),
            ],
            "inter_token_us": [
                "p50": .number(gap(0.5)), "p95": .number(gap(0.95)), "p99": .number(gap(0.99)),
                "max": .number(gap(1)),
            ],
        ]
        if !parts.isEmpty {
            var kinds: JSONObject = [:]
            for (kind, found) in parts { kinds[kind] = found.json }
            json["by_kind"] = .object(kinds)
        }
        return .object(json)
    }
}
