import Contract
import Dialects
import JSON
import Testing

@Suite struct `A request of Anthropic's older API` {
    private func plan(_ prompt: String, streams: Bool = false) throws(DialectError) -> GenerationPlan {
        let body: JSONValue = [
            "model": "demo", "prompt": .string(prompt), "max_tokens_to_sample": 9, "stream": .bool(streams),
            "stop_sequences": ["\n\nHuman:"],
        ]
        return try LegacyEndpoint.complete.plan(body: body.serialized, headers: RequestHeaders())
    }

    private func turns(_ prompt: String) throws -> [String] {
        let plan = try plan(prompt)
        guard case .chat(let context) = plan.jobs[0].prompt else { return [] }
        let variables = try JSONValue(parsing: context)
        let turns = (variables["messages"]?.arrayValue ?? []).map { message in
            (message["role"]?.stringValue ?? "") + ":" + (message["content"]?.stringValue ?? "")
        }
        return turns + (variables["continue_final_message"] == true ? ["goes on"] : [])
    }

    @Test func `is a conversation in one text`() throws {
        #expect(try turns("\n\nHuman: Hi\n\nAssistant:") == ["user:Hi"])
        #expect(
            try turns("Be brief.\n\nHuman: a\n\nb\n\nAssistant: c \n\nHuman:d\n\nAssistant: The answer is ")
                == [
                    "system:Be brief.", "user:a\n\nb", "assistant:c", "user:d", "assistant:The answer is ",
                    "goes on",
                ]
        )
        #expect(try turns("Human: Hi\n\nAssistant: ") == ["user:Hi"])
        #expect(try turns("\n\nHuman: Hi") == ["user:Hi"])
        #expect(try plan("\n\nHuman: a").jobs[0].limits.maxTokens == 9)
    }

    @Test func `is refused without a turn, and with too many`() {
        for prompt in ["", "Hi", "\n\nAssistant: a", String(repeating: "\n\nHuman:", count: 4097)] {
            let error = #expect(throws: DialectError.self) { try plan(prompt) }
            #expect(error?.field == "prompt")
        }
    }

    private func record(_ text: String, end: StreamEnd? = nil) -> TokenRecord {
        TokenRecord(job: JobID(high: 0, low: 0), attempt: .first, position: 0, ids: [1], text: text, end: end)
    }

    @Test func `is answered whole`() throws {
        for (end, reason, stop) in [
            (StreamEnd.stop(sequence: nil), "stop_sequence", "\n\nHuman:"),
            (.stop(sequence: "X"), "stop_sequence", "X"),
        ] as [(StreamEnd, JSONValue, JSONValue)] {
            var writer = try plan("\n\nHuman: a").writer(for: .golden)
            var bytes: [UInt8] = []
            writer.accept(record("Fine"), choice: 0, into: &bytes)
            writer.accept(record(".", end: end), choice: 0, into: &bytes)
            let body = try JSONValue(parsing: writer.wholeAnswer().body)
            #expect(bytes.isEmpty && body["completion"] == "Fine." && body["type"] == "completion")
            #expect(body["stop_reason"] == reason && body["stop"] == stop)
        }
    }

    @Test func `is answered in events`() throws {
        var writer = try plan("\n\nHuman: a", streams: true).writer(for: .golden)
        var bytes: [UInt8] = []
        writer.appendKeepAlive(nil, into: &bytes)
        writer.accept(record("Fi"), choice: 0, into: &bytes)
        writer.appendKeepAlive(nil, into: &bytes)
        writer.accept(record("ne", end: .length), choice: 0, into: &bytes)
        let events = EventStream(bytes).events
        #expect(events.map(\.name) == ["completion", "ping", "completion", "completion"])
        let data = try events.filter { $0.name == "completion" }.map { try JSONValue(parsing: $0.data) }
        #expect(data.map { $0["completion"] } == ["Fi", "ne", ""])
        #expect(data.map { $0["stop_reason"] } == [.null, .null, "max_tokens"])
        #expect(writer.state == .complete)
    }
}
