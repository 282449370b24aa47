import Contract
import Dialects
import JSON
import Testing

/// Where a prompt parted from what was known, in the words of the client's request.
@Suite struct `A prompt report` {
    private func header(
        _ end: ReuseEnd?,
        _ body: JSONObject,
        _ endpoint: GenerationEndpoint = .messages,
        disk: UInt32 = 0
    ) throws -> String {
        let plan = try endpoint.plan(body: JSONValue.object(body).serialized, headers: RequestHeaders())
        var opening = StreamOpening(promptTokens: 100, cachedTokens: 40)
        opening.reuseEnd = end
        opening.diskTokens = disk
        let header = PromptReport(opening, plan.outline).header
        #expect(header.name == "x-millrace-prompt")
        return header.value
    }

    private static let message: JSONObject = [
        "model": "m", "max_tokens": 1,
        "system": [
            ["type": "text", "text": "x-anthropic-billing-header: cch=1;"],
            ["type": "text", "text": "12345"], ["type": "text", "text": "éé"],
        ],
        "messages": [
            ["role": "user", "content": "one"],
            ["role": "system", "content": "<total_tokens>1 tokens left</total_tokens>"],
            [
                "role": "user",
                "content": [["type": "text", "text": "two"], ["type": "text", "text": "three"]],
            ],
            [
                "role": "assistant",
                "content": [["type": "tool_use", "id": "a", "name": "f", "input": [:]]],
            ],
            [
                "role": "user",
                "content": [
                    ["type": "tool_result", "tool_use_id": "a", "content": "done"],
                    ["type": "text", "text": "go on"],
                ],
            ],
        ],
    ]

    @Test(
        arguments: [
            (.start, "start"), (.template, "template"), (.tools, "tools"), (.text, "prompt"),
            (.message(0, byte: 0), "system[1]"), (.message(0, byte: 4), "system[1]"),
            // The line break between two texts begins the second one.
            (.message(0, byte: 5), "system[2]"), (.message(0, byte: 9), "system[2]"),
            (.message(0, byte: 99), "system[2]"), (.message(1, byte: 2), "messages[0]"),
            (.message(1, byte: 3), "messages[2]"), (.message(2, byte: 0), "messages[3]"),
            (.message(3, byte: 1), "messages[4]"), (.message(4, byte: 1), "messages[4]"),
            (.message(99, byte: 1), "messages"),
        ] as [(ReuseEnd, String)]
    )
    func `names the part of a message request`(end: ReuseEnd, name: String) throws {
        #expect(try header(end, Self.message) == "tokens=100, reused=40, diverged=\"\(name)\"")
    }

    @Test func `counts the messages of a chat as the client does`() throws {
        let body: JSONObject = [
            "model": "m",
            "messages": [
                ["role": "developer", "content": "<total_tokens>1 tokens left</total_tokens>"],
                ["role": "user", "content": "one"], ["role": "assistant", "content": "two"],
            ],
        ]
        for (index, name) in ["messages[1]", "messages[2]"].enumerated() {
            let value = try header(.message(UInt32(index), byte: 1), body, .chatCompletions)
            #expect(value.hasSuffix("diverged=\"\(name)\""))
        }
    }

    @Test func `says what came from disk, and nothing of a prompt that was known`() throws {
        #expect(try header(nil, Self.message, disk: 16) == "tokens=100, reused=40, disk=16")
        #expect(try header(nil, Self.message) == "tokens=100, reused=40")
    }
}
