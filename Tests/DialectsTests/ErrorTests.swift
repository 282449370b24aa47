import Contract
import Dialects
import JSON
import Testing

@Suite struct `An error answer` {
    @Test(arguments: ErrorCode.allCases) func `has OpenAI's shape`(code: ErrorCode) throws {
        let answer = Dialect.openAI.answer(to: DialectError(code, "d", field: "f"), requestID: "r")
        let error = try #require(try JSONValue(parsing: answer.body)["error"]?.objectValue)
        #expect(error.keys == ["message", "type", "param", "code"])
        #expect(error["message"]?.stringValue?.hasSuffix("d") == true)
        #expect(error["param"] == "f")
        #expect((400...599).contains(answer.status))
        #expect(answer["x-request-id"] == "r")
        #expect((error["type"] == "invalid_request_error") == (answer.status < 499))
    }

    @Test(arguments: ErrorCode.allCases) func `has Anthropic's shape`(code: ErrorCode) throws {
        let statuses: [String: [Int]] = [
            "invalid_request_error": [400, 405, 409, 422], "authentication_error": [401],
            "not_found_error": [404],
            "request_too_large": [413], "api_error": [499, 500, 503], "timeout_error": [504],
            "overloaded_error": [529],
        ]
        let answer = Dialect.anthropic.answer(to: DialectError(Refusal(code, "d")), requestID: "r")
        let body = try #require(try JSONValue(parsing: answer.body).objectValue)
        #expect(body.keys == ["type", "error", "request_id"])
        #expect(body["type"] == "error")
        #expect(body["request_id"] == "r")
        let type = try #require(body["error"]?["type"]?.stringValue)
        #expect(statuses[type]?.contains(answer.status) == true)
        #expect(answer["request-id"] == "r")
    }

    @Test(arguments: [ErrorCode.laneFull, .draining, .noWorkers, .memoryExceeded, .deadlineUnreachable])
    func `to an overload always says when to come back`(code: ErrorCode) {
        let refusal = Refusal(code, "busy", retryAfterSeconds: 17)
        #expect(Dialect.openAI.answer(to: DialectError(refusal), requestID: "r").status == 503)
        #expect(Dialect.anthropic.answer(to: DialectError(refusal), requestID: "r").status == 529)
        for dialect in Dialect.allCases {
            #expect(dialect.answer(to: DialectError(refusal), requestID: "r")["retry-after"] == "17")
            #expect(
                dialect.answer(to: DialectError(Refusal(code, "busy")), requestID: "r")["retry-after"] == "1"
            )
        }
    }

    @Test(arguments: Dialect.allCases) func `asks not to retry what would end the same way`(dialect: Dialect)
    {
        for code in [ErrorCode.quarantined, .cancelled, .deadlineExceeded] {
            #expect(
                dialect.answer(to: DialectError(Failure(code, "d")), requestID: "r")["x-should-retry"]
                    == "false"
            )
        }
        #expect(
            dialect.answer(to: DialectError(Failure(.streamLost, "d")), requestID: "r")["x-should-retry"]
                == nil
        )
    }

    @Test(arguments: [
        (413, 413, "request_too_large"), (503, 529, "overloaded_error"), (400, 400, "invalid_request_error"),
        (431, 431, "invalid_request_error"), (501, 501, "api_error"),
    ])
    func `to a request that HTTP turns away is in the words of each API`(
        status: Int,
        anthropicStatus: Int,
        anthropicType: String
    ) throws {
        let openAI = Dialect.openAI.answer(toFault: status, "no", requestID: "r")
        #expect(openAI.status == status)
        let error = try #require(try JSONValue(parsing: openAI.body)["error"])
        #expect(error["message"] == "no")
        #expect(error["type"] == (status < 500 ? "invalid_request_error" : "server_error"))
        let anthropic = Dialect.anthropic.answer(toFault: status, "no", requestID: "r")
        #expect(anthropic.status == anthropicStatus)
        let body = try JSONValue(parsing: anthropic.body)
        #expect(body["error"]?["type"] == .string(anthropicType))
        #expect(body["request_id"] == "r")
    }

    @Test func `uses the words that clients look for`() throws {
        let long = Refusal(.contextExceeded, "9 tokens, the limit is 8")
        let anthropic = try JSONValue(
            parsing: Dialect.anthropic.answer(to: DialectError(long), requestID: "r").body
        )
        #expect(anthropic["error"]?["message"] == "prompt is too long: 9 tokens, the limit is 8")
        let openAI = try JSONValue(
            parsing: Dialect.openAI.answer(to: DialectError(long), requestID: "r").body
        )
        #expect(openAI["error"]?["code"] == "context_length_exceeded")
        let unknown = Dialect.openAI.answer(
            to: DialectError(Refusal(.unknownModel, "no such model")),
            requestID: "r"
        )
        #expect(unknown.status == 404)
        #expect(try JSONValue(parsing: unknown.body)["error"]?["code"] == "model_not_found")
    }
}

extension HttpAnswer {
    subscript(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}
