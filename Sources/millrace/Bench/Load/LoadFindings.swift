import Contract
import JSON
import Load

/// What one number of clients got from a server; times in microseconds.
struct LoadFindings {
    let clientCount: Int
    let requestCount: Int
    let faults: [String]
    let seconds: Double
    let completionTokens: Int
    let promptTokens: Int
    let cachedTokens: Int
    /// Ascending.
    private let firstTokens: [Int64]
    private let gaps: [Int64]

    init(clientCount: Int, replies: [StreamReply]) {
        self.clientCount = clientCount
        let figures = replies.map { StreamFigures($0) }
        let whole = figures.filter { $0.fault == nil }
        requestCount = figures.count
        faults = figures.compactMap(\.fault)
        completionTokens = whole.reduce(0) { $0 + $1.completionTokens }
        promptTokens = whole.reduce(0) { $0 + $1.promptTokens }
        cachedTokens = whole.reduce(0) { $0 + $1.cachedTokens }
        firstTokens = whole.map(\.timeToFirstToken).sorted()
        gaps = whole.flatMap(\.gaps).sorted()
        let began = replies.map(\.sentAt).min() ?? .zero
        let ended = replies.map(\.endedAt).max() ?? .zero
        seconds = (ended - began) / .seconds(1)
    }

    var tokensPerSecond: Double { seconds > 0 ? Double(completionTokens) / seconds : 0 }

    func firstToken(_ share: Double) -> Double { LoadResult.quantile(share, of: firstTokens) }
    func gap(_ share: Double) -> Double { LoadResult.quantile(share, of: gaps) }

    /// Of what was in the prompts, from 0 to 1.
    var cachedShare: Double { promptTokens > 0 ? Double(cachedTokens) / Double(promptTokens) : 0 }

    var json: JSONValue {
        [
            "clients": .integer(Int64(clientCount)), "requests": .integer(Int64(requestCount)),
            "errors": .integer(Int64(faults.count)),
            "first_error": faults.first.map { .string($0) } ?? .null,
            "seconds": .number(seconds), "tokens_per_second": .number(tokensPerSecond),
            "completion_tokens": .integer(Int64(completionTokens)),
            "prompt_tokens": .integer(Int64(promptTokens)),
            "cached_tokens": .integer(Int64(cachedTokens)),
            "ttft_us": [
                "p50": .number(firstToken(0.5)), "p95": .number(firstToken(0.95)),
                "max": .number(firstToken(1)),
            ],
            "inter_token_us": [
                "p50": .number(gap(0.5)), "p95": .number(gap(0.95)), "p99": .number(gap(0.99)),
                "max": .number(gap(1)),
            ],
        ]
    }
}
