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

@Suite struct `A request for vectors or scores` {
    private func plan(_ endpoint: TaskEndpoint, _ body: JSONValue) throws(DialectError) -> GenerationPlan {
        try endpoint.plan(body: body.serialized, headers: RequestHeaders())
    }

    private func answer(_ plan: GenerationPlan, _ vectors: [[Float]]) throws -> HttpAnswer {
        var writer = plan.writer(for: .golden)
        var bytes: [UInt8] = []
        for (choice, vector) in vectors.enumerated() {
            let record = TokenRecord(
                job: JobID(high: 0, low: 0),
                attempt: .first,
                position: 0,
                text: VectorText.text(of: vector),
                opening: StreamOpening(promptTokens: 3),
                end: .stop(sequence: nil)
            )
            writer.accept(record, choice: choice, into: &bytes)
        }
        return writer.wholeAnswer()
    }

    @Test func `takes texts and tokens, one or many`() throws {
        let inputs: [(JSONValue, [Prompt])] = [
            ("a", [.text("a")]), (["a", "b"], [.text("a"), .text("b")]), ([1, 2], [.tokens([1, 2])]),
            ([[1], [2, 3]], [.tokens([1]), .tokens([2, 3])]),
        ]
        for (input, prompts) in inputs {
            let plan = try plan(.embeddings, ["model": "e", "input": input])
            #expect(plan.jobs.map(\.prompt) == prompts)
            #expect(plan.jobs.allSatisfy { $0.task == .embed })
        }
        for input: JSONValue in [[], ["", 1], 5, [[]], .array(Array(repeating: "a", count: 2049))] {
            #expect(throws: DialectError.self) { try plan(.embeddings, ["model": "e", "input": input]) }
        }
    }

    @Test func `gets numbers or bytes, whole or cut`() throws {
        let numbers = try plan(.embeddings, ["model": "e", "input": ["a", "b"]])
        let body = try JSONValue(parsing: answer(numbers, [[0.6, -0.8], [1, 0]]).body)
        #expect(
            body == [
                "object": "list",
                "data": [
                    ["object": "embedding", "index": 0, "embedding": [0.6, -0.8]],
                    ["object": "embedding", "index": 1, "embedding": [1.0, 0.0]],
                ],
                "model": "millrace-demo", "usage": ["prompt_tokens": 6, "total_tokens": 6],
            ]
        )
        let cut = try plan(
            .embeddings,
            ["model": "e", "input": "a", "dimensions": 2, "encoding_format": "base64"]
        )
        let short = try JSONValue(parsing: answer(cut, [[3, 4, 5]]).body)["data"]?.arrayValue?.first
        #expect(short?["embedding"]?.stringValue == VectorText.text(of: [0.6, 0.8]))
        let refused = try answer(cut, [[1]])
        #expect(refused.status == 400)
        #expect(String(decoding: refused.body, as: UTF8.self).contains("dimensions is 2"))
    }

    @Test func `gets the best documents first`() throws {
        let body: JSONValue = [
            "model": "r", "query": "q", "documents": ["a", ["text": "b"], "c"], "top_n": 2,
        ]
        let ranked = try plan(.rerank, body)
        #expect(ranked.jobs.map(\.prompt) == [.pair("q", "a"), .pair("q", "b"), .pair("q", "c")])
        let results = try JSONValue(parsing: answer(ranked, [[0.25], [0.5], [0.5]]).body)["results"]
        #expect(
            results == [
                ["index": 1, "document": ["text": "b"], "relevance_score": 0.5],
                ["index": 2, "document": ["text": "c"], "relevance_score": 0.5],
            ]
        )
        let bare = try JSONValue(parsing: answer(plan(.secondRerank, body), [[0.1], [0.2], [0]]).body)
        #expect(bare["results"]?.arrayValue?.first == ["index": 1, "relevance_score": 0.2])
    }
}

@Suite struct `A vector as text` {
    @Test func `comes back bit for bit`() {
        let numbers: [Float] = [0, -0.0, 1.5, .leastNonzeroMagnitude, -.greatestFiniteMagnitude, .pi]
        for count in 0...numbers.count {
            let some = Array(numbers.prefix(count))
            let text = VectorText.text(of: some)
            #expect(VectorText.numbers(in: text)?.map(\.bitPattern) == some.map(\.bitPattern))
        }
        #expect(VectorText.text(of: [1]) == "AACAPw==")
    }

    @Test(arguments: ["AAA", "AACAPw==x!", "ä"]) func `is refused if nobody writes it so`(text: String) {
        #expect(VectorText.numbers(in: text) == nil)
    }
}
