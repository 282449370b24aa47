import Contract
import Dialects
import JSON
import Testing

/// What clients change with every request goes, and nothing else does.
@Suite struct `Volatile text` {
    private static let attribution =
        "x-anthropic-billing-header: cc_version=2.1.9.a1b; cc_entrypoint=cli; cch=0f3e1;"
    private static let budget = "<total_tokens>14999436 tokens left</total_tokens>"

    private func texts(
        _ body: JSONObject,
        _ endpoint: GenerationEndpoint = .messages,
        _ volatile: VolatileText = .standard
    ) throws -> [String] {
        let plan = try endpoint.plan(
            body: JSONValue.object(body).serialized,
            headers: RequestHeaders(),
            volatile: volatile
        )
        guard let job = plan.jobs.first, case .chat(let context) = job.prompt else { return [] }
        let messages = try JSONValue(parsing: context)["messages"]?.arrayValue ?? []
        return messages.map { "\($0["role"]?.stringValue ?? ""): \($0["content"]?.stringValue ?? "")" }
    }

    private func message(
        system: JSONValue,
        _ messages: [JSONValue] = [["role": "user", "content": "hi"]],
        _ volatile: VolatileText = .standard
    ) throws -> [String] {
        let body: JSONObject = [
            "model": "m", "max_tokens": 1, "system": system, "messages": .array(messages),
        ]
        return try texts(body, .messages, volatile)
    }

    private func rules(_ json: String) throws -> VolatileText {
        let values = try JSONValue(parsing: json).arrayValue ?? []
        return try VolatileText(following: try values.map { try VolatileRule($0) })
    }

    @Test(arguments: [
        (attribution, ["user: hi"]),
        (attribution + "\nYou are here.", ["system: You are here.", "user: hi"]),
        (attribution + "\r\nYou are here.", ["system: You are here.", "user: hi"]),
        (attribution + "You are here.", ["system: You are here.", "user: hi"]),
        (attribution + " \nYou\nare = here;", ["system: You\nare = here;", "user: hi"]),
        ("x-anthropic-billing-header: cc_version=1; cch=abcde\nYou", ["system: You", "user: hi"]),
        ("x-anthropic-billing-header: cch=1 You", ["system: You", "user: hi"]),
    ])
    func `is a line of attribution in front of a system text`(system: String, messages: [String]) throws {
        #expect(try message(system: .string(system)) == messages)
        let blocks: JSONValue = [
            ["type": "text", "text": "First."], ["type": "text", "text": .string(system)],
        ]
        let kept = messages.dropLast().map { "\n" + $0.dropFirst("system: ".count) }.joined()
        #expect(try message(system: blocks) == ["system: First.\(kept)", "user: hi"])
    }

    @Test(arguments: [
        ("Be kind.\n\n\(budget)", "Be kind."),
        ("Be kind.\n\(budget)\n  \(budget)  \n", "Be kind."),
        ("Be kind.\n\(budget)\nAlways.", "Be kind.\nAlways."),
    ])
    func `is a line that says what is left of a budget`(system: String, text: String) throws {
        #expect(try message(system: .string(system)) == ["system: \(text)", "user: hi"])
    }

    @Test func `leaves no trace of a system entry that holds nothing else`() throws {
        func history(_ count: Int) -> [JSONValue] {
            let marker = "<total_tokens>\(count) tokens left</total_tokens>"
            return [
                ["role": "user", "content": "one"], ["role": "system", "content": .string(marker)],
                ["role": "user", "content": "two"],
                ["role": "system", "content": [["type": "text", "text": .string(marker)]]],
            ]
        }
        #expect(try message(system: "s", history(9)) == ["system: s", "user: one\ntwo"])
        #expect(try message(system: "s", history(9)) == message(system: "s", history(1_000_000)))
    }

    @Test(arguments: [
        "What is \(attribution)", "The head says: \(budget)", "\(budget) is what it shows",
        "<total_tokens>many tokens left</total_tokens>", "X-Anthropic-Billing-Header: cch=1;",
        "line\n\(attribution)\nline", "\n\(attribution)", "x-anthropic-billing-header: what is it?",
        "x-anthropic-billing-header:", "",
    ])
    func `is not what a system text merely mentions`(text: String) throws {
        #expect(try message(system: .string("a\n" + text)).first == "system: a\n\(text)")
        if !text.isEmpty { #expect(try message(system: .string(text)).first == "system: \(text)") }
    }

    @Test func `is not in what users, answers and tools say`() throws {
        for text in [Self.attribution + "\nWhy?", Self.budget] {
            let value = JSONValue.string(text)
            let messages: [JSONValue] = [
                ["role": "user", "content": value],
                [
                    "role": "assistant",
                    "content": [
                        ["type": "text", "text": value],
                        ["type": "tool_use", "id": "a", "name": "f", "input": [:]],
                    ],
                ],
                [
                    "role": "user",
                    "content": [["type": "tool_result", "tool_use_id": "a", "content": value]],
                ],
            ]
            #expect(
                try message(system: "s", messages)
                    == ["system: s", "user: \(text)", "assistant: \(text)", "tool: \(text)"]
            )
        }
    }

    @Test func `is taken out of OpenAI's system and developer messages too`() throws {
        let system = JSONValue.string(Self.attribution + "\nBe kind.")
        for role in ["system", "developer"] {
            let body: JSONObject = [
                "model": "m",
                "messages": [
                    ["role": .string(role), "content": system], ["role": "user", "content": system],
                    ["role": .string(role), "content": [["type": "text", "text": .string(Self.budget)]]],
                ],
            ]
            #expect(
                try texts(body, .chatCompletions)
                    == ["system: Be kind.", "user: \(Self.attribution)\nBe kind."]
            )
        }
    }

    @Test func `follows further rules, in whole texts and with a replacement`() throws {
        let volatile = try rules(
            #"""
            [{"name": "clock", "where": "any", "pattern": "Time: [0-9:]+", "replacement": "Time: now"},
             {"name": "nonce", "where": "any", "what": "text", "pattern": "nonce-[a-f0-9]+"},
             {"name": "greeting", "what": "head", "pattern": "Hello, [A-Z][a-z]+[.]",
              "replacement": "Hello."}]
            """#
        )
        let messages: [JSONValue] = [
            ["role": "user", "content": "a\nTime: 12:01\nb"],
            ["role": "assistant", "content": " nonce-12ab\n"], ["role": "user", "content": "nonce-12ab ?"],
        ]
        #expect(
            try message(system: "Hello, Ann. Go.", messages, volatile)
                == ["system: Hello. Go.", "user: a\nTime: now\nb", "assistant: ", "user: nonce-12ab ?"]
        )
    }

    @Test func `is left alone where a rule is switched off`() throws {
        let system = "\(Self.attribution)\na\n\(Self.budget)"
        let volatile = try rules(#"[{"name": "claude-code-attribution", "enabled": false}]"#)
        #expect(
            try message(system: .string(system), [["role": "user", "content": "hi"]], volatile).first
                == "system: \(Self.attribution)\na"
        )
        let nothing = try VolatileText(following: [], withBuiltIn: false)
        #expect(
            try message(system: .string(system), [["role": "user", "content": "hi"]], nothing).first
                == "system: \(system)"
        )
    }

    @Test(arguments: [
        (#"[7]"#, "must be an object"),
        (#"[{"pattern": "a"}]"#, #"needs a "name""#),
        (#"[{"name": "n"}]"#, #""n": needs a "pattern""#),
        (#"[{"name": "n", "pattern": 1}]"#, #""n": "pattern" must be a string"#),
        (#"[{"name": "n", "pattern": "a", "regex": "a"}]"#, #"has an unknown member "regex""#),
        (
            #"[{"name": "n", "pattern": "a", "where": "user"}]"#,
            #""n": "where" is "user", it must be one of system, any"#
        ),
        (#"[{"name": "n", "pattern": "a", "enabled": "no"}]"#, #""n": "enabled" must be true or false"#),
        (#"[{"name": "n", "pattern": "a*"}]"#, #""n": "pattern" matches a text without any letter"#),
        (
            #"[{"name": "n", "pattern": "a("}]"#,
            #""n": "pattern": a group is not closed, at character 2 of the regex"#
        ),
        (
            #"[{"name": "n", "pattern": "(?=a)b"}]"#,
            #""n": "pattern": a lookahead is not supported, at character 3 of the regex"#
        ),
        (
            #"[{"name": "n", "pattern": "a"}, {"name": "n", "pattern": "b"}]"#,
            "has two rules of one name"
        ),
    ])
    func `is described by rules whose mistakes are named`(json: String, sentence: String) {
        let error = #expect(throws: VolatileRuleError.self) { try rules(json) }
        #expect(error?.description == sentence)
    }

    @Test func `does not grow a text beyond what a prompt may be`() throws {
        let word = String(repeating: "a", count: 1000)
        let volatile = try rules(
            #"[{"name": "n", "where": "any", "pattern": "x", "replacement": "\#(word)"}]"#
        )
        let text = String(repeating: "x\n", count: 10_000)
        let made =
            try message(system: "s", [["role": "user", "content": .string(text)]], volatile).last ?? ""
        #expect((1 << 22...(1 << 22) + 20_000).contains(made.utf8.count))
    }

    @Test func `is found in time that grows with the text alone`() throws {
        let volatile = try rules(#"[{"name": "n", "where": "any", "pattern": "(a|a)*(a|a)*b"}]"#)
        let text = String(repeating: "a", count: 1 << 17)
        let messages: [JSONValue] = [["role": "user", "content": .string(text)]]
        #expect(try message(system: "s", messages, volatile).last == "user: \(text)")
    }
}
