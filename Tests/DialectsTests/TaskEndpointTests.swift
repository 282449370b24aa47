import Contract
import Dialects
import JSON
import Testing

@Suite struct `A request about a prompt` {
    private func plan(_ endpoint: TaskEndpoint, _ body: JSONValue) throws(DialectError) -> GenerationPlan {
        try endpoint.plan(body: body.serialized, headers: RequestHeaders())
    }

    private func answer(_ plan: GenerationPlan, _ records: [TokenRecord]) throws -> JSONValue {
        var identity = ReplyIdentity.golden
        identity.contextTokens = 512
        var writer = plan.writer(for: identity)
        var bytes: [UInt8] = []
        for (choice, record) in records.enumerated() { writer.accept(record, choice: choice, into: &bytes) }
        #expect(bytes.isEmpty && writer.state == .complete)
        let answer = writer.wholeAnswer()
        #expect(answer.status == 200)
        return try JSONValue(parsing: answer.body)
    }

    private func record(_ ids: [TokenID] = [], _ text: String = "", prompt: UInt32 = 0) -> TokenRecord {
        TokenRecord(
            job: JobID(high: 0, low: 0),
            attempt: .first,
            position: 0,
            ids: ids,
            text: text,
            opening: StreamOpening(promptTokens: prompt),
            end: .stop(sequence: nil)
        )
    }

    @Test func `counts what a message would cost, and needs no max_tokens`() throws {
        let body: JSONValue = [
            "model": "demo", "system": "Be brief.", "messages": [["role": "user", "content": "Hello"]],
            "tools": [["name": "f", "input_schema": ["type": "object"]]],
        ]
        let plan = try plan(.countTokens, body)
        #expect(plan.jobs.map(\.task) == [.count] && plan.dialect == .anthropic && !plan.streams)
        guard case .object(var whole) = body else { return }
        whole["max_tokens"] = 5
        let message = try GenerationEndpoint.messages.plan(
            body: JSONValue.object(whole).serialized,
            headers: RequestHeaders()
        )
        #expect(plan.jobs[0].prompt == message.jobs[0].prompt)
        #expect(try answer(plan, [record(prompt: 42)]) == ["input_tokens": 42])
    }

    @Test func `tokenizes a text with and without what the model puts around it`() throws {
        for body: JSONValue in [["model": "demo", "prompt": "a"], ["model": "demo", "content": "a"]] {
            #expect(try plan(.tokenize, body).jobs.map(\.task) == [.tokenize])
        }
        for name in ["add_special_tokens", "add_special"] {
            var body: JSONObject = ["model": "demo", "prompt": "a"]
            body[name] = false
            let plan = try plan(.tokenize, .object(body))
            #expect(plan.jobs.map(\.task) == [.tokenizeBare])
        }
        let body = try answer(
            try plan(.tokenize, ["model": "demo", "prompt": "a"]),
            [record([3, 4], prompt: 2)]
        )
        #expect(body == ["count": 2, "max_model_len": 512, "tokens": [3, 4]])
        let chat = try plan(
            .tokenize,
            [
                "model": "demo", "messages": [["role": "user", "content": "a"]],
                "add_generation_prompt": false,
            ]
        )
        #expect(chat.jobs[0].task == .tokenize)
        guard case .chat = chat.jobs[0].prompt else {
            Issue.record("not a chat")
            return
        }
    }

    @Test func `gives text under the names of both servers`() throws {
        let back = try plan(.detokenize, ["model": "demo", "tokens": [1, 2]])
        #expect(back.jobs[0].prompt == .tokens([1, 2]) && back.jobs[0].output.showsSpecialTokens)
        #expect(try answer(back, [record([], "a\"b")]) == ["prompt": "a\"b", "content": "a\"b"])
        let rendered = try plan(
            .applyTemplate,
            ["model": "demo", "messages": [["role": "user", "content": "a"]]]
        )
        #expect(rendered.jobs[0].task == .render)
        #expect(try answer(rendered, [record([], "<a>")]) == ["prompt": "<a>"])
    }

    @Test(arguments: TaskEndpoint.allCases) func `names what is missing or wrong`(endpoint: TaskEndpoint) {
        for body: JSONValue in [
            [:], ["model": "demo"], ["model": 1], [], ["model": "demo", "tokens": ["a"]],
        ] {
            let error = #expect(throws: DialectError.self) { try plan(endpoint, body) }
            #expect(error?.code == .invalidRequest)
        }
    }
}
