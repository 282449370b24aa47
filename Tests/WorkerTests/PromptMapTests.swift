import Contract
import JSON
import Testing

@testable import Worker

/// Where the parts of a conversation stand in what a template made of it.
@Suite struct `A prompt's map` {
    private static let tools: JSONValue = [
        ["type": "function", "function": ["name": "read", "parameters": ["type": "object"]]],
        ["type": "function", "function": ["name": "write", "parameters": ["type": "object"]]],
    ]

    /// The place in a prompt, marked in it with a bar, in terms of the conversation.
    private func end(in marked: String, _ messages: [JSONValue], tools: JSONValue? = nil) -> ReuseEnd {
        var context: JSONObject = ["messages": .array(messages)]
        if let tools { context["tools"] = tools }
        let parts = marked.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
        let map = PromptMap(context, in: parts.joined())
        return map.end(at: parts[0].utf8.count)
    }

    private static let messages: [JSONValue] = [
        ["role": "system", "content": "  You answer in one short sentence.\n"],
        ["role": "user", "content": "user"],
        [
            "role": "assistant", "content": "",
            "tool_calls": [["id": "a", "function": ["name": "read", "arguments": ["path": "x"]]]],
        ],
        ["role": "tool", "content": "Line one of a file.\n\"Line two\" of it, which is longer."],
        ["role": "user", "content": "And now?"],
    ]

    private static let head = "<s>system\nYou answer in one short sentence.<e>\n"
    private static let called =
        "<s>user\nuser<e>\n<s>assistant\n<call>"
        + #"{"name": "read", "arguments": {"path": "x"}}"# + "</call><e>\n"
    private static let rest =
        "<s>tool\n" + #""Line one of a file.\n\"Line two\" of it, which is longer.""#
        + "<e>\n<s>user\nAnd now?<e>\n<s>assistant\n"

    @Test(
        arguments: [
            ("|" + head + called + rest, .start),
            ("<s>sys|tem\nYou answer in one short sentence.<e>\n" + called + rest, .template),
            ("<s>system\n|You answer in one short sentence.<e>\n" + called + rest, .message(0, byte: 2)),
            ("<s>system\nYou answer| in one short sentence.<e>\n" + called + rest, .message(0, byte: 12)),
            ("<s>system\nYou answer in one short sentence.|<e>\n" + called + rest, .message(1, byte: 0)),
            (head + "<s>user\nuse|r<e>\n" + called.dropFirst(16) + rest, .message(1, byte: 3)),
            (head + "<s>user\nuser|<e>\n" + called.dropFirst(16) + rest, .message(2, byte: 0)),
            (head + called.dropLast(14) + "|" + called.suffix(14) + rest, .message(2, byte: 0)),
            (head + called + "<s>to|ol" + rest.dropFirst(7), .message(3, byte: 0)),
            (head + called + "<s>tool\n\"Line one| of" + rest.dropFirst(20), .message(3, byte: 8)),
            (head + called + rest.dropLast(14) + "|\n<s>assistant\n", .template),
            (head + called + rest.dropLast(26) + "|" + rest.suffix(26), .message(4, byte: 0)),
            (head + called + rest + "|", .template),
        ] as [(String, ReuseEnd)]
    )
    func `tells what stands at a place`(marked: String, expected: ReuseEnd) {
        #expect(end(in: marked, Self.messages) == expected)
    }

    private static let list = #"{"name":"read"},{"name":"write"}"#

    @Test(
        arguments: [
            ("<tools>|\(list)</tools>\(head)<s>user\nhi<e>", .template),
            ("<tools>\(list.prefix(12))|\(list.dropFirst(12))</tools>\(head)<s>user\nhi<e>", .tools),
            ("<tools>\(list)|</tools>\(head)<s>user\nhi<e>", .message(0, byte: 2)),
            ("\(head)\(list.prefix(12))|\(list.dropFirst(12))<s>user\nhi<e>", .tools),
            ("\(head)\(list)|<s>user\nhi<e>", .message(1, byte: 0)),
        ] as [(String, ReuseEnd)]
    )
    func `finds tools between the messages`(marked: String, expected: ReuseEnd) {
        let messages = [Self.messages[0], ["role": "user", "content": "hi"]]
        #expect(end(in: marked, messages, tools: Self.tools) == expected)
    }

    @Test func `goes on behind a message that the template leaves out`() {
        let messages = [Self.messages[0], Self.messages[3], Self.messages[4]]
        #expect(end(in: Self.head + "<s>user\nAnd |now?", messages) == .message(2, byte: 4))
    }

    @Test func `tells how far a text follows from the first messages alone`() {
        let text = Self.head + "<s>user\nSomething of a certain length.<e>\n<s>assistant\n"
        let messages: [JSONValue] = [
            Self.messages[0], ["role": "user", "content": "Something of a certain length."],
        ]
        let map = PromptMap(["messages": .array(messages)], in: text)
        let start = Array("<s>system\n".utf8).count
        // White space in front of a content is not in the text.
        #expect(map.end(ofMessage: 0, contentBytes: 12) == start + 10)
        #expect(map.end(ofMessage: 0, contentBytes: 1) == start)
        #expect(map.end(ofMessage: 0, contentBytes: nil) == Array(Self.head.utf8).count - 4)
        let rest = "<e>\n<s>assistant\n".utf8.count
        #expect(map.end(ofMessage: 1, contentBytes: 999) == text.utf8.count - rest)
        #expect(map.end(ofMessage: 2, contentBytes: nil) == nil)
        #expect(map.endOfTools == nil)
    }

    @Test func `tells where tools end that stand in front`() {
        let text = "<tools>\(Self.list)</tools>\(Self.head)<s>user\nhi<e>"
        let messages = [Self.messages[0], ["role": "user", "content": "hi"]]
        let map = PromptMap(["messages": .array(messages), "tools": Self.tools], in: text)
        #expect(map.endOfTools == "<tools>\(Self.list)".utf8.count)
        let behind = PromptMap(
            ["messages": .array(messages), "tools": Self.tools],
            in: "\(Self.head)\(Self.list)<s>user\nhi<e>"
        )
        #expect(behind.endOfTools == nil)
    }

    @Test func `takes no longer for texts that nearly match everywhere`() {
        let text = String(repeating: "a", count: 20_000)
        let messages: [JSONValue] = (0..<100).map { ["content": .string(text.prefix(6000) + "b\($0)")] }
        #expect(end(in: "a|" + text, messages) == .template)
    }
}
