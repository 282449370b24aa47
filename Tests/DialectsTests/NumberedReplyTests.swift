import Contract
import JSON
import Testing

@testable import Dialects

@Suite struct `A reply whose client may come back` {
    static let endpoints = GenerationEndpoint.allCases
    private static let job = JobID(high: 1, low: 2)

    /// A thought, a text, a call and an end, in records of one or more tokens.
    private static var records: [TokenRecord] {
        var all: [TokenRecord] = []
        func add(_ count: UInt32, _ text: String, _ marks: [OutputMark] = [], end: StreamEnd? = nil) {
            let position = all.last?.nextPosition ?? 0
            let ids = (position..<position + count).map { $0 }
            var record = TokenRecord(
                job: job,
                attempt: .first,
                position: position,
                ids: ids,
                text: text,
                end: end
            )
            record.marks = marks
            all.append(record)
        }
        add(0, "")
        all[0].opening = StreamOpening(promptTokens: 9, cachedTokens: 4)
        add(1, "I think", [OutputMark(offset: 0, .thinking)])
        add(2, " so. It", [OutputMark(offset: 4, .text)])
        add(1, "")
        add(3, " is\n\nso \u{1F600}")
        let head = ToolCallHead(id: "call_1", name: "now")
        add(1, "{\"a\"", [OutputMark(offset: 0, .call(head))])
        add(2, ":1} ok", [OutputMark(offset: 3, .text)])
        add(1, ".", end: .stop(sequence: nil))
        return all
    }

    private static func ticket(
        _ endpoint: GenerationEndpoint,
        asking more: JSONObject = [:]
    ) throws -> ReplyTicket {
        let prompt: JSONObject =
            endpoint == .completions
            ? ["prompt": "hi"] : ["messages": [["role": "user", "content": "hi"]]]
        var body: JSONObject = [
            "model": "m", "stream": true, "max_tokens": 50, "stream_options": ["include_usage": true],
        ]
        for (name, value) in prompt { body[name] = value }
        for (name, value) in more { body[name] = value }
        var plan = try endpoint.plan(
            body: JSONValue.object(body).serialized,
            headers: RequestHeaders([("anthropic-version", "2023-06-01")])
        )
        plan.jobs[0].id = job
        let identity = ReplyIdentity(job: job, requestID: "req_1", created: 7, model: "served")
        return try #require(ReplyTicket(plan, identity, owner: "o"))
    }

    /// A prompt of two tokens and five picked ones, all with how likely they were.
    private static var scored: [TokenRecord] {
        func logprob(_ id: UInt32, _ value: Float) -> TokenLogprob {
            let token = LikelyToken(id: id, logprob: value, bytes: Array("t".utf8))
            return TokenLogprob(token, top: [token, LikelyToken(id: 99, logprob: -1.5, bytes: [0x75])])
        }
        var prompt = TokenRecord(job: job, attempt: .first, position: 0, ids: [0, 1])
        prompt.logprobs = [logprob(0, -3.5), logprob(1, -3.5)]
        prompt.isPrompt = true
        prompt.opening = StreamOpening(promptTokens: 2)
        let picked = (2..<7 as Range<UInt32>).map { id in
            TokenRecord(
                job: job,
                attempt: .first,
                position: id,
                ids: [id],
                text: "t",
                logprobs: [logprob(id, -0.25)],
                end: id == 6 ? .stop(sequence: nil) : nil
            )
        }
        return [prompt] + picked
    }

    /// Every event with its id.
    private static func events(
        _ ticket: ReplyTicket,
        after place: EventPlace,
        of records: [TokenRecord] = records
    ) -> [String] {
        var writer = ticket.writer(after: place)
        var bytes: [UInt8] = []
        for record in records { writer.accept(record, choice: 0, into: &bytes) }
        let text = String(decoding: bytes, as: UTF8.self)
        return text.split(separator: "\n\n").map(String.init)
    }

    private static func id(_ event: String) -> String {
        String(event.prefix { $0 != "\n" }.dropFirst("id: ".count))
    }

    @Test(arguments: endpoints)
    func `goes on behind any event with exactly the rest`(endpoint: GenerationEndpoint) throws {
        let ticket = try Self.ticket(endpoint)
        let all = Self.events(ticket, after: .start)
        #expect(all.count > 6)
        #expect(Set(all.map(Self.id)).count == all.count)
        for (number, event) in all.enumerated() {
            let place = try #require(EventPlace(Self.id(event), in: Self.job))
            #expect(Self.events(ticket, after: place) == Array(all.dropFirst(number + 1)), "behind \(number)")
        }
    }

    @Test(arguments: endpoints)
    func `is the reply without ids otherwise`(endpoint: GenerationEndpoint) throws {
        let ticket = try Self.ticket(endpoint)
        let all = Self.events(ticket, after: .start)
        for event in all { #expect(event.hasPrefix("id: \(Self.job).")) }
        let bare = all.map { $0.drop { $0 != "\n" }.dropFirst() }.joined(separator: "\n\n")
        #expect(bare.contains("I think"))
        #expect(!bare.contains("id: \(Self.job)"))
    }

    @Test(arguments: endpoints)
    func `is written alike from a ticket that has travelled`(endpoint: GenerationEndpoint) throws {
        let ticket = try Self.ticket(endpoint)
        let travelled = try #require(ReplyTicket(parsing: ticket.text))
        #expect(travelled.owner == "o")
        #expect(travelled.stream == Self.job)
        #expect(travelled.text == ticket.text)
        #expect(Self.events(travelled, after: .start) == Self.events(ticket, after: .start))
    }

    @Test(arguments: [GenerationEndpoint.chatCompletions, .completions])
    func `tells how likely tokens were wherever it is written`(endpoint: GenerationEndpoint) throws {
        let asked: JSONObject =
            endpoint == .completions
            ? ["logprobs": 2, "echo": true] : ["logprobs": true, "top_logprobs": 1]
        let ticket = try Self.ticket(endpoint, asking: asked)
        let travelled = try #require(ReplyTicket(parsing: ticket.text))
        let events = Self.events(travelled, after: .start, of: Self.scored)
        #expect(events == Self.events(ticket, after: .start, of: Self.scored))
        #expect(events.filter { $0.contains("-0.25") && $0.contains("-1.5") }.count > 2)
        // The prompt's are shown where it is.
        let isEcho = endpoint == .completions
        #expect(events.contains { $0.contains("-3.5") } == isEcho)
    }

    @Test(arguments: ["", "{}", "[]", "null", #"{"dialect":"openai","owner":"x"}"#, "x"])
    func `is not begun from a ticket that is none`(text: String) {
        #expect(ReplyTicket(parsing: text) == nil)
    }

    @Test func `has no ticket for what no other edge could go on with`() throws {
        for (name, value) in [("n", JSONValue.integer(2)), ("stream", .bool(false))] {
            var body: JSONObject = ["model": "m", "prompt": "hi", "stream": true]
            body[name] = value
            let plan = try GenerationEndpoint.completions.plan(
                body: JSONValue.object(body).serialized,
                headers: RequestHeaders()
            )
            let identity = ReplyIdentity(job: Self.job, requestID: "", created: 0, model: "m")
            #expect(ReplyTicket(plan, identity, owner: "") == nil)
        }
    }

    @Test(arguments: [("7", 7, 0), ("7.2", 7, 2), ("0", 0, 0)])
    func `reads a place with and without the stream's name`(text: String, tokens: UInt32, events: UInt32) {
        let place = EventPlace(tokenCount: tokens, eventCount: events)
        #expect(EventPlace(text, in: Self.job) == place)
        #expect(EventPlace("\(Self.job).\(text)", in: Self.job) == place)
    }

    @Test(arguments: [
        "", ".", "x", "-1", "+1", "1.2.3", "1.", "99999999999", "00000000000000000000000000000000.1",
    ])
    func `refuses what is no place in it`(text: String) {
        #expect(EventPlace(text, in: Self.job) == nil)
    }
}
