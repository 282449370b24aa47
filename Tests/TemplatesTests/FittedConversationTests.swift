import JSON
import Templates
import TestSupport
import Testing

/// One conversation, whatever the template's habits: nothing of it may be lost or refused.
@Suite struct `A fitted conversation` {
    private func template(_ source: String) throws -> (ChatTemplate, TemplateCapabilities) {
        let template = try ChatTemplate(source)
        return (template, TemplateCapabilities(of: template))
    }

    private func fitted(_ messages: [JSONValue], for source: String) throws -> [JSONValue] {
        let (_, capabilities) = try template(source)
        let conversation = FittedConversation(["messages": .array(messages)], to: capabilities)
        return conversation.variables["messages"]?.arrayValue ?? []
    }

    /// Shows every role and content as it comes.
    private static let plain =
        "{% for m in messages %}[{{ m.role }}]{{ m.content }}"
        + "{% for c in m.tool_calls or [] %}{{ c.function.name }}"
        + "{{ c.function.arguments | tojson }}{% endfor %}"
        + "{% endfor %}"

    private static let twoCalls: JSONValue = [
        "role": "assistant", "content": "I look.", "reasoning_content": "hm",
        "tool_calls": [
            [
                "id": "call_aaaaaaaaaaaaaaaa", "type": "function",
                "function": ["name": "f", "arguments": ["x": 1]],
            ],
            [
                "id": "call_bbbbbbbbbbbbbbbb", "type": "function",
                "function": ["name": "g", "arguments": [:]],
            ],
        ],
    ]
    private static let results: [JSONValue] = [
        ["role": "tool", "tool_call_id": "call_bbbbbbbbbbbbbbbb", "name": "g", "content": "gee"],
        ["role": "tool", "tool_call_id": "call_aaaaaaaaaaaaaaaa", "name": "f", "content": "eff"],
    ]

    private func says(_ role: String, _ text: String) -> JSONValue {
        ["role": .string(role), "content": .string(text)]
    }

    @Test func `is left alone by a template that shows everything`() throws {
        let messages = [
            says("system", "a"), says("system", "b"), says("user", "c"), Self.twoCalls, Self.results[0],
            says("system", "d"), says("user", "e"),
        ]
        var expected = messages
        for name in ["reasoning", "thinking"] {
            guard case .object(var object) = expected[3] else { return }
            object[name] = "hm"
            expected[3] = .object(object)
        }
        #expect(try fitted(messages, for: Self.plain) == expected)
    }

    @Test func `has its system texts in front of the first user where there is no system role`() throws {
        let source =
            "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
            + "{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('order') }}{% endif %}"
            + "{{ m.content }}{% endfor %}"
        let messages = [
            says("system", "a"), says("system", "b"), says("user", "c"), says("assistant", "d"),
            says("system", "e"), says("user", "f"),
        ]
        #expect(
            try fitted(messages, for: source)
                == [says("user", "a\n\nb\n\nc"), says("assistant", "d"), says("user", "e\n\nf")]
        )
        #expect(try fitted([says("system", "a")], for: source) == [says("user", "a")])
    }

    @Test func `has one system text where only the first message is looked at`() throws {
        let source =
            "{% if messages[0].role == 'system' %}<{{ messages[0].content }}>{% endif %}"
            + "{% for m in messages if m.role != 'system' %}{{ m.content }}{% endfor %}"
        let messages = [
            says("system", "a"), says("system", "b"), says("user", "c"), says("system", "d"),
        ]
        #expect(
            try fitted(messages, for: source) == [
                says("system", "a\n\nb"), says("user", "c"), says("user", "d"),
            ]
        )
    }

    @Test func `makes one call at a time where a template takes no more`() throws {
        let source =
            "{% for m in messages %}{% if m.tool_calls and m.tool_calls | length > 1 %}"
            + "{{ raise_exception('one at a time') }}{% endif %}{{ m.content }}"
            + "{% for c in m.tool_calls or [] %}{{ c.function.name }}{{ c.function.arguments | tojson }}"
            + "{% endfor %}{% endfor %}"
        let made = try fitted([says("user", "c"), Self.twoCalls] + Self.results, for: source)
        #expect(made.map { $0["content"] } == ["c", "I look.", "eff", "", "gee"])
        #expect(made[1]["tool_calls"]?.arrayValue?.count == 1)
        #expect(made[1]["reasoning_content"] == "hm" && made[3]["reasoning_content"] == nil)
    }

    @Test func `writes arguments as text where a template cannot write objects`() throws {
        let source =
            "{% for m in messages %}{{ m.content }}{% for c in m.tool_calls or [] %}{{ c.function.name }}"
            + "{{ '' + c.function.arguments }}{% endfor %}{% endfor %}"
        let made = try fitted([says("user", "c"), Self.twoCalls], for: source)
        let calls = try #require(made[1]["tool_calls"]?.arrayValue)
        #expect(calls.map { $0["function"]?["arguments"] } == [#"{"x": 1}"#, "{}"])
    }

    @Test func `says calls and results in words where a template shows neither`() throws {
        let source =
            "{% for m in messages %}{% if m.role in ['user', 'assistant'] %}{{ m.content }}{% endif %}"
            + "{% endfor %}"
        let made = try fitted([says("user", "c"), Self.twoCalls] + Self.results, for: source)
        #expect(made[1]["tool_calls"] == nil)
        let text = try #require(made[1]["content"]?.stringValue)
        #expect(text.hasPrefix("I look.\n\n{") && text.contains(#""name":"f""#))
        #expect(made[2...].allSatisfy { $0["role"] == "user" })
    }

    @Test func `keeps text and thoughts apart unless a template refuses both beside a call`() throws {
        let source =
            Self.plain
            + "{% for m in messages %}{% if m.thinking and m.content and m.tool_calls %}"
            + "{{ raise_exception('either') }}{% endif %}{{ m.thinking or '' }}{% endfor %}"
        let made = try fitted([says("user", "c"), Self.twoCalls], for: source)
        #expect(made[1]["content"] == "" && made[1]["thinking"] == "hm\n\nI look.")
    }

    @Test(arguments: ["enable_thinking", "thinking"]) func `is told not to think under the template's name`(
        name: String
    ) throws {
        let (_, capabilities) = try template("{{ messages[0].content }}{% if \(name) %}<think>{% endif %}")
        for given in ["enable_thinking", "thinking"] {
            let fitted = FittedConversation(["messages": [], given: false], to: capabilities)
            #expect(fitted.variables[name] == false)
        }
    }

    @Test(
        .enabled(if: SharedFixtures.has("chat_templates"), "the golden files are not beside the package"),
        arguments: [
            "Qwen-Qwen3-0.6B", "Qwen-Qwen2.5-7B-Instruct", "meta-llama-Llama-3.1-8B-Instruct",
            "google-gemma-2-2b-it", "microsoft-Phi-3.5-mini-instruct",
            "mistralai-Mistral-Nemo-Instruct-2407", "deepseek-ai-DeepSeek-R1-Distill-Qwen-32B",
            "NousResearch-Hermes-3-Llama-3.1-8B-tool_use",
        ]
    ) func `of every kind is shown by published templates`(name: String) throws {
        let (template, capabilities) = try template(
            SharedFixtures.text("chat_templates/templates/\(name).jinja")
        )
        let messages =
            [
                says("system", "sys-one"), says("system", "sys-two"), says("user", "user-one"), Self.twoCalls,
            ] + Self.results + [
                says("user", "user-two"), says("assistant", "said"), says("system", "sys-late"),
                says("user", "user-three"), says("user", "user-four"),
            ]
        let tool: JSONValue = [
            "type": "function",
            "function": [
                "name": "f", "description": "d", "parameters": ["type": "object", "properties": [:]],
            ],
        ]
        let given: JSONObject = [
            "messages": .array(messages), "tools": [tool], "add_generation_prompt": true, "bos_token": "<s>",
            "eos_token": "</s>", "documents": nil,
        ]
        let fitted = FittedConversation(given, to: capabilities)
        let prompt = try template.render(fitted.variables, now: "2026-01-01T00:00:00")
        for text in [
            "sys-one", "sys-two", "user-one", "gee", "eff", "user-two", "said", "sys-late", "user-three",
            "user-four",
        ] {
            #expect(prompt.contains(text), "\(text) in \(prompt)")
        }
    }
}

@Suite struct `Tools that a template does not show` {
    private static let tools: JSONValue = [
        [
            "type": "function",
            "function": ["name": "f", "description": "It's \"here\".", "parameters": ["type": "object"]],
        ]
    ]
    private static let source =
        "{% for m in messages %}<{{ m.role }}>{{ m.content }}</{{ m.role }}>{% endfor %}"
    private static let introduction = """
        # Tools

        You can call these functions, one on each line:
        <tools>
        {"name": "f", "description": "It's \\"here\\".", "parameters": {"type": "object"}}
        </tools>

        To call one, write its name and its arguments as JSON in exactly this form:
        <call>
        {"name": "function_name", "arguments": {"argument": "value"}}
        </call>
        """

    private func prompt(_ messages: [JSONValue], source: String, tools: JSONValue = tools) throws -> String {
        let template = try ChatTemplate(source)
        let fitted = FittedConversation(
            ["messages": .array(messages), "tools": tools],
            to: TemplateCapabilities(of: template),
            ToolText(open: "<call>", close: "</call>")
        )
        return try template.render(fitted.variables, now: nil)
    }

    private static let user: JSONValue = ["role": "user", "content": "hi"]

    @Test func `are told of by the system text, behind what it says`() throws {
        let system: JSONValue = ["role": "system", "content": "Be kind."]
        #expect(
            try prompt([system, Self.user], source: Self.source)
                == "<system>Be kind.\n\n\(Self.introduction)</system><user>hi</user>"
        )
        #expect(
            try prompt([Self.user], source: Self.source)
                == "<system>\(Self.introduction)</system><user>hi</user>"
        )
    }

    @Test func `lead the first user message where there is no system role`() throws {
        let source =
            "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no') }}{% endif %}"
            + "{{ m.content }}|{% endfor %}"
        #expect(try prompt([Self.user], source: source) == "\(Self.introduction)\n\nhi|")
    }

    @Test func `have their calls and results written in the same form`() throws {
        let messages: [JSONValue] = [
            Self.user,
            [
                "role": "assistant", "content": "I look.",
                "tool_calls": [["id": "a", "function": ["name": "f", "arguments": ["x": 1]]]],
            ],
            ["role": "tool", "tool_call_id": "a", "content": "done"],
        ]
        let source =
            "{% for m in messages %}{% if m.role != 'tool' %}<{{ m.role }}>{{ m.content }}</{{ m.role }}>"
            + "{% endif %}{% endfor %}"
        let end = try prompt(messages, source: source).split(separator: "<assistant>").last ?? ""
        #expect(
            end == """
                I look.

                <call>
                {"name": "f", "arguments": {"x": 1}}
                </call></assistant><user><tool_response>
                done
                </tool_response></user>
                """
        )
    }

    @Test func `are left to a template that shows them, and nothing is said of none`() throws {
        let source = "{% if tools %}{{ tools | tojson }}{% endif %}" + Self.source
        #expect(try !prompt([Self.user], source: source).contains("# Tools"))
        #expect(try prompt([Self.user], source: Self.source, tools: []) == "<user>hi</user>")
        #expect(try prompt([Self.user], source: Self.source, tools: nil) == "<user>hi</user>")
    }
}

@Suite struct `A last message that is gone on with` {
    private let source =
        "{% for m in messages %}<{{ m.role }}>{{ m.content | trim }}</{{ m.role }}>{% endfor %}"
        + "{% if add_generation_prompt %}<assistant>{% endif %}"

    private func prompt(_ content: JSONValue, source: String? = nil) throws -> String {
        try ChatTemplate(source ?? self.source).renderContinuing(
            [
                "messages": [["role": "user", "content": "hi"], ["role": "assistant", "content": content]],
                "add_generation_prompt": true,
            ],
            now: nil
        )
    }

    @Test func `ends where its text ends, spaces and all`() throws {
        #expect(try prompt("The answer is ") == "<user>hi</user><assistant>The answer is ")
        #expect(try prompt("") == "<user>hi</user><assistant>")
        #expect(try prompt(.null) == "<user>hi</user><assistant>")
        #expect(try prompt("millrace-goes-on-here") == "<user>hi</user><assistant>millrace-goes-on-here")
    }

    @Test func `may be a list of parts`() throws {
        let parts = "{% for m in messages %}{% for p in m.content %}{{ p.text }}{% endfor %}.{% endfor %}"
        let made = try ChatTemplate(parts).renderContinuing(
            ["messages": [["role": "user", "content": [["type": "text", "text": "so "]]]]],
            now: nil
        )
        #expect(made == "so ")
    }

    @Test func `is refused where the template does not show it`() throws {
        #expect(throws: TemplateError.self) { try prompt("x", source: "{{ messages[0].content }}") }
        #expect(throws: TemplateError.self) {
            try ChatTemplate(source).renderContinuing(["messages": []], now: nil)
        }
    }
}
