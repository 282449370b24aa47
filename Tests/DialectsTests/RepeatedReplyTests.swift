import Contract
import JSON
import Testing

@testable import Dialects

@Suite struct `A reply that is asked for again at another edge` {
    private static let job = JobID(high: 1, low: 2)
    private static let identity = ReplyIdentity(job: job, requestID: "req_1", created: 7, model: "served")

    private static var records: [TokenRecord] {
        func record(_ position: UInt32, _ text: String, end: StreamEnd? = nil) -> TokenRecord {
            var record = TokenRecord(
                job: job,
                attempt: .first,
                position: position,
                ids: [position],
                text: text
            )
            let likely = LikelyToken(id: position, logprob: -0.5, bytes: Array(text.utf8))
            record.logprobs = [TokenLogprob(likely, top: [likely])]
            record.end = end
            return record
        }
        var opening = TokenRecord(job: job, attempt: .first, position: 0, ids: [], text: "")
        opening.opening = StreamOpening(promptTokens: 9, cachedTokens: 4)
        return [opening, record(0, "One "), record(1, "two."), record(2, "", end: .length)]
    }

    private static func plan(
        _ endpoint: GenerationEndpoint,
        streams: Bool,
        _ more: JSONObject = [:]
    ) throws -> GenerationPlan {
        var body: JSONObject = ["model": "m", "stream": .bool(streams), "max_tokens": 3]
        switch endpoint {
        case .chatCompletions: (body["logprobs"], body["top_logprobs"]) = (true, 1)
        case .completions: body["logprobs"] = 1
        case .messages: break
        }
        if endpoint == .completions {
            body["prompt"] = "hi"
        } else {
            body["messages"] = [["role": "user", "content": "hi"]]
        }
        for (name, value) in more { body[name] = value }
        let headers = RequestHeaders([("anthropic-version", "2023-06-01")])
        var plan = try endpoint.plan(body: JSONValue.object(body).serialized, headers: headers)
        for index in plan.jobs.indices { plan.jobs[index].id = job }
        return plan
    }

    /// What a client is told, streamed or whole.
    private static func told(_ begun: any ReplyWriter, streams: Bool) -> [UInt8] {
        var writer = begun
        var bytes: [UInt8] = []
        for record in records { writer.accept(record, choice: 0, into: &bytes) }
        return streams ? bytes : writer.wholeAnswer().body
    }

    @Test(arguments: GenerationEndpoint.allCases, [true, false])
    func `is written as at the first`(endpoint: GenerationEndpoint, streams: Bool) throws {
        let plan = try Self.plan(endpoint, streams: streams)
        let ticket = try #require(ReplyTicket(plan, Self.identity, owner: "o", request: "digest"))
        let travelled = try #require(ReplyTicket(parsing: ticket.text))
        #expect(travelled.text == ticket.text)
        #expect(travelled.request == "digest" && travelled.streams == streams && !travelled.isNumbered)
        let first = Self.told(plan.writer(for: Self.identity), streams: streams)
        #expect(Self.told(travelled.writer(after: .start), streams: streams) == first)
        #expect(!first.isEmpty)
    }

    @Test func `is not found where it has several choices or tells of its prompt`() throws {
        for more: JSONObject in [["n": 2], ["echo": true]] {
            let plan = try Self.plan(.completions, streams: false, more)
            #expect(ReplyTicket(plan, Self.identity, owner: "o", request: "digest") == nil)
        }
    }
}
