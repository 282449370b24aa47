import Contract
import Dialects
import JSON
import Testing

@Suite struct `A numeric field` {
    struct Range: CustomTestStringConvertible, Sendable {
        var endpoint: GenerationEndpoint
        var field: String
        var least: JSONValue
        var most: JSONValue
        var outside: [JSONValue]

        var testDescription: String { "\(field) of \(endpoint.path)" }
    }

    /// A plain completion may ask for none.
    private static func leastTokens(_ endpoint: GenerationEndpoint) -> JSONValue {
        endpoint == .completions ? 0 : 1
    }

    private static func tooMany(_ endpoint: GenerationEndpoint) -> [JSONValue] {
        Array(maxTokens.dropFirst(endpoint == .completions ? 1 : 0))
    }

    private static let maxTokens: [JSONValue] = [0, -1, 2_147_483_648, .integer(.max), .integer(.min), 1e300]

    static let ranges: [Range] =
        [GenerationEndpoint.chatCompletions, .completions].flatMap { endpoint in
            [
                Range(
                    endpoint: endpoint,
                    field: "temperature",
                    least: 0,
                    most: 2.0,
                    outside: [-0.1, 2.1, 1e300]
                ),
                Range(endpoint: endpoint, field: "top_p", least: 0, most: 1, outside: [-1, 1.1]),
                Range(endpoint: endpoint, field: "min_p", least: 0, most: 1, outside: [-1, 1.1]),
                Range(endpoint: endpoint, field: "presence_penalty", least: -2, most: 2, outside: [-2.5, 3]),
                Range(
                    endpoint: endpoint,
                    field: "frequency_penalty",
                    least: -2,
                    most: 2,
                    outside: [-2.5, 3]
                ),
                Range(
                    endpoint: endpoint,
                    field: "repetition_penalty",
                    least: 0.01,
                    most: 10,
                    outside: [0, 11]
                ),
                Range(
                    endpoint: endpoint,
                    field: "repeat_penalty",
                    least: 0.01,
                    most: 10,
                    outside: [0, 11]
                ),
                Range(
                    endpoint: endpoint,
                    field: "priority",
                    least: -2_147_483_648,
                    most: 2_147_483_647,
                    outside: [-2_147_483_649, 2_147_483_648]
                ),
                Range(
                    endpoint: endpoint,
                    field: "top_k",
                    least: -1,
                    most: 2_147_483_647,
                    outside: [-2, 2_147_483_648]
                ),
                Range(
                    endpoint: endpoint,
                    field: "n",
                    least: 1,
                    most: 16,
                    outside: [0, 17, -1, .integer(.max)]
                ),
                Range(
                    endpoint: endpoint,
                    field: "max_tokens",
                    least: leastTokens(endpoint),
                    most: 2_147_483_647,
                    outside: tooMany(endpoint)
                ),
                Range(
                    endpoint: endpoint,
                    field: "max_completion_tokens",
                    least: leastTokens(endpoint),
                    most: 2_147_483_647.0,
                    outside: tooMany(endpoint)
                ),
                Range(
                    endpoint: endpoint,
                    field: "seed",
                    least: .integer(.min),
                    most: .integer(.max),
                    outside: [1e300]
                ),
            ]
        } + [
            Range(endpoint: .completions, field: "best_of", least: 1, most: 16, outside: [0, 17]),
            Range(endpoint: .completions, field: "logprobs", least: 0, most: 20, outside: [-1, 21]),
            Range(
                endpoint: .chatCompletions,
                field: "thinking_token_budget",
                least: 0,
                most: 2_147_483_647,
                outside: [-1, 2_147_483_648]
            ),
            Range(endpoint: .messages, field: "temperature", least: 0, most: 1, outside: [-0.1, 1.1]),
            Range(endpoint: .messages, field: "top_p", least: 0, most: 1, outside: [-1, 1.1]),
            Range(
                endpoint: .messages,
                field: "top_k",
                least: -1,
                most: 2_147_483_647,
                outside: [-2, 2_147_483_648]
            ),
            Range(
                endpoint: .messages,
                field: "max_tokens",
                least: 1,
                most: 2_147_483_647,
                outside: maxTokens
            ),
        ] + GenerationEndpoint.allCases.flatMap(shared)

    /// What is read in both APIs, beside each API's own.
    private static func shared(_ endpoint: GenerationEndpoint) -> [Range] {
        [
            Range(endpoint: endpoint, field: "typical_p", least: 0, most: 1, outside: [-0.5, 1.5]),
            Range(
                endpoint: endpoint,
                field: "truncate_prompt_tokens",
                least: 1,
                most: 2_147_483_647,
                outside: [0, 2_147_483_648]
            ),
        ]
    }

    @Test(arguments: ranges) func `is taken at both ends of its range`(range: Range) throws {
        for value in [range.least, range.most] { _ = try range.endpoint.plan(with: range.field, value) }
    }

    @Test(arguments: ranges) func `is refused outside, with field, value and limit`(range: Range) throws {
        for value in range.outside {
            let error = #expect(throws: DialectError.self) {
                try range.endpoint.plan(with: range.field, value)
            }
            let found = try #require(error)
            #expect(found.code == .invalidRequest)
            #expect(found.field == range.field)
            #expect(found.detail.contains(range.field))
            #expect(found.detail.contains(value.description))
        }
    }

    @Test(arguments: ranges) func `must be a number, and null counts as absent`(range: Range) throws {
        for value in ["1", true, [], [:]] as [JSONValue] {
            let error = #expect(throws: DialectError.self) {
                try range.endpoint.plan(with: range.field, value)
            }
            #expect(error?.field == range.field)
        }
        guard range.endpoint != .messages || range.field != "max_tokens" else { return }
        _ = try range.endpoint.plan(with: range.field, .null)
    }
}

@Suite struct `A count` {
    @Test func `of messages is limited to 4096`() throws {
        let message: JSONValue = ["role": "user", "content": ""]
        for endpoint in [GenerationEndpoint.chatCompletions, .messages] {
            _ = try endpoint.plan(with: "messages", .array(Array(repeating: message, count: 4096)))
            let error = #expect(throws: DialectError.self) {
                try endpoint.plan(with: "messages", .array(Array(repeating: message, count: 4097)))
            }
            #expect(error?.detail == "messages has 4097 entries, at most 4096 are allowed")
        }
    }

    @Test func `of turns that become one costs no more than their text`() throws {
        let message: JSONValue = ["role": "user", "content": .string(String(repeating: "x", count: 500))]
        let plan = try GenerationEndpoint.messages.plan(
            with: "messages",
            .array(Array(repeating: message, count: 4096))
        )
        guard case .chat(let context) = plan.jobs[0].prompt else {
            Issue.record("not a chat")
            return
        }
        let messages = try JSONValue(parsing: context)["messages"]?.arrayValue
        #expect(messages?.count == 1)
        #expect(messages?.first?["content"]?.stringValue?.utf8.count == 4096 * 501 - 1)
    }

    @Test func `of prompts is limited to 128, and every prompt has n jobs`() throws {
        var request = GenerationEndpoint.completions.request(n: 16)
        request["prompt"] = .array(Array(repeating: "p", count: 128))
        request["seed"] = 3
        let plan = try GenerationEndpoint.completions.plan(
            body: JSONValue.object(request).serialized,
            headers: RequestHeaders()
        )
        #expect(plan.jobs.count == 2048)
        #expect(plan.jobs[17].sampling.choice == 1)
        #expect(plan.jobs.allSatisfy { $0.sampling.seed == 3 })
        #expect(!plan.needsSeed)
    }

    @Test func `of bytes is limited to 32 MiB`() {
        let body = [UInt8](repeating: UInt8(ascii: " "), count: 32 << 20 + 1)
        let error = #expect(throws: DialectError.self) {
            try GenerationEndpoint.messages.plan(body: body, headers: RequestHeaders())
        }
        #expect(error?.code == .tooLarge)
    }

    @Test(arguments: [("[]", 1 << 20), (#"{"a":1}"#, 1 << 17)])
    func `of values is limited, so that one request does not hold up all others`(value: String, count: Int) {
        let more = Array(repeating: value, count: count + 1).joined(separator: ",")
        let body = #"{"model":"m","prompt":"x","metadata":["# + more + "]}"
        let error = #expect(throws: DialectError.self) {
            try GenerationEndpoint.completions.plan(body: Array(body.utf8), headers: RequestHeaders())
        }
        #expect(error?.code == .tooLarge)
    }

    @Test func `of levels leaves room for what translation adds`() throws {
        let deep = String(repeating: "[", count: 58) + String(repeating: "]", count: 58)
        let body = """
            {"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"}],
            "tools":[{"name":"t","input_schema":{"deep":\(deep)}}]}
            """
        let plan = try GenerationEndpoint.messages.plan(body: Array(body.utf8), headers: RequestHeaders())
        guard case .chat(let context) = plan.jobs[0].prompt else {
            Issue.record("not a chat")
            return
        }
        _ = try JSONValue(parsing: context)
    }
}

extension GenerationEndpoint {
    /// Plans a plain request with one field set.
    func plan(with field: String, _ value: JSONValue) throws(DialectError) -> GenerationPlan {
        var request = request()
        request[field] = value
        return try plan(body: JSONValue.object(request).serialized, headers: RequestHeaders())
    }
}
