import Contract
import Dialects
import JSON
import Testing

@Suite struct `A model list` {
    private let models = (0..<5).map {
        ModelCard(name: "m\($0)", contextTokens: 4096, created: 1_773_500_966)
    }

    @Test func `answers in the dialect of the caller's headers`() {
        #expect(Dialect(of: RequestHeaders([("Authorization", "Bearer k")])) == .openAI)
        #expect(Dialect(of: RequestHeaders([("x-api-key", "k")])) == .openAI)
        #expect(Dialect(of: RequestHeaders([("Anthropic-Version", "2023-06-01")])) == .anthropic)
    }

    @Test func `has OpenAI's shape`() throws {
        let body = try JSONValue(parsing: Dialect.openAI.modelList(models, requestID: "r").body)
        #expect(body["object"] == "list")
        #expect(body["data"]?.arrayValue?.count == 5)
        let one = try JSONValue(parsing: Dialect.openAI.model(models[0], requestID: "r").body)
        #expect(one == body["data"]?.arrayValue?.first)
        #expect(
            one == [
                "id": "m0", "object": "model", "state": "loaded", "created": 1_773_500_966,
                "owned_by": "millrace",
                "max_model_len": 4096,
            ]
        )
    }

    @Test(
        arguments: [
            ([], ["m0", "m1", "m2", "m3", "m4"], false),
            ([("limit", "2")], ["m0", "m1"], true),
            ([("limit", "2"), ("after_id", "m2")], ["m3", "m4"], false),
            ([("after_id", "m4")], [], false),
            ([("limit", "2"), ("before_id", "m3")], ["m1", "m2"], true),
            ([("before_id", "m0")], [], false),
            ([("after_id", "m3"), ("before_id", "m1")], [], false),
        ] as [([(String, String)], [String], Bool)]
    )
    func `comes in Anthropic's pages`(query: [(String, String)], names: [String], hasMore: Bool) throws {
        let named = query.map { (name: $0.0, value: $0.1) }
        let answer = try Dialect.anthropic.modelList(models, query: named, requestID: "r")
        let body = try JSONValue(parsing: answer.body)
        #expect(body["data"]?.arrayValue?.compactMap { $0["id"]?.stringValue } == names)
        #expect(body["has_more"] == .bool(hasMore))
        #expect(body["first_id"]?.stringValue == names.first)
        #expect(body["last_id"]?.stringValue == names.last)
    }

    @Test(arguments: [
        ("limit", "0"), ("limit", "1001"), ("limit", "x"), ("after_id", "nobody"), ("before_id", ""),
    ])
    func `refuses a page that does not exist`(name: String, value: String) {
        let error = #expect(throws: DialectError.self) {
            try Dialect.anthropic.modelList(models, query: [(name: name, value: value)], requestID: "r")
        }
        #expect(error?.field == name)
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"),
            (1_773_500_966, "2026-03-14T15:09:26Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
            (UInt64.max, "9999-12-31T23:59:59Z"),
        ] as [(UInt64, String)]
    )
    func `says when a model was made`(seconds: UInt64, text: String) throws {
        let card = ModelCard(name: "m", contextTokens: 1, created: seconds)
        let body = try JSONValue(parsing: Dialect.anthropic.model(card, requestID: "r").body)
        #expect(body["created_at"]?.stringValue == text)
    }
}
