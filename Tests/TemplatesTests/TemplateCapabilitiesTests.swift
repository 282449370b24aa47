import JSON
import Templates
import TestSupport
import Testing

/// What capabilities are told by rendering alone.
@Suite struct `The capabilities of a template` {
    private func capabilities(_ source: String) throws -> TemplateCapabilities {
        TemplateCapabilities(of: try ChatTemplate(source))
    }

    @Test func `are none when it shows nothing`() throws {
        #expect(try capabilities("x").flags.allSatisfy { !$0.isSet })
        #expect(try capabilities("{{ raise_exception('no') }}").flags.allSatisfy { !$0.isSet })
    }

    @Test func `are what it shows, whatever its source says`() throws {
        let plain = try capabilities(
            "{# tools enable_thinking #}{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
                + "{% if add_generation_prompt %}assistant:{% endif %}"
        )
        let set = plain.flags.filter(\.isSet).map(\.name)
        #expect(
            set == [
                "takes_text_content", "opens_answer", "shows_system_role", "shows_developer_role",
                "shows_tool_results",
            ]
        )
    }

    @Test func `tell objects from texts as arguments`() throws {
        let head =
            "{% for m in messages %}{{ m.content }}{% for c in m.tool_calls or [] %}{{ c.function.name }}"
        let object = try capabilities(head + "{{ c.function.arguments | tojson }}{% endfor %}{% endfor %}")
        #expect(object.takesArgumentsAsObject && !object.takesArgumentsAsText)
        let text = try capabilities(head + "{{ '' + c.function.arguments }}{% endfor %}{% endfor %}")
        #expect(!text.takesArgumentsAsObject && text.takesArgumentsAsText)
        #expect(text.showsToolCalls && text.showsParallelToolCalls && text.showsToolResults)
    }

    @Test func `tell a template that needs parts, and one that needs tools`() throws {
        let parts = try capabilities(
            "{% for m in messages %}{% for p in m.content %}{{ p.text.strip() }}{% endfor %}{% endfor %}"
        )
        #expect(parts.takesContentParts && !parts.takesTextContent && parts.showsSystemRole)
        let tools = try capabilities(
            "{{ tools | map(attribute='function.name') | join('') + '' * (tools | length) }}"
                + "{% for m in messages %}{{ m.content }}{% endfor %}"
        )
        #expect(tools.showsTools && tools.takesTextContent)
    }

    @Test(arguments: ["enable_thinking", "thinking"]) func `name the switch for thinking`(name: String) throws
    {
        let source = "{{ messages[0].content }}{% if \(name) %}<think>{% endif %}"
        #expect(try capabilities(source).thinkingSwitch == name)
    }

    @Test(
        .enabled(if: SharedFixtures.has("chat_templates"), "the golden files are not beside the package"),
        arguments: [
            (
                "Qwen-Qwen3-0.6B",
                "takes_text_content opens_answer shows_system_role shows_tools shows_tool_calls "
                    + "takes_arguments_as_object takes_arguments_as_text shows_parallel_tool_calls "
                    + "shows_tool_results has_thinking_switch shows_reasoning"
            ),
            (
                "meta-llama-Llama-3.1-8B-Instruct",
                "takes_text_content opens_answer shows_system_role shows_developer_role shows_tools "
                    + "shows_tool_calls takes_arguments_as_object shows_tool_results"
            ),
            ("google-gemma-2-2b-it", "takes_text_content needs_alternating_roles opens_answer"),
            ("microsoft-Phi-3.5-mini-instruct", "takes_text_content opens_answer shows_system_role"),
        ]
    ) func `of a published one are known`(name: String, flags: String) throws {
        let source = try SharedFixtures.text("chat_templates/templates/\(name).jinja")
        let set = try capabilities(source).flags.filter(\.isSet).map(\.name)
        #expect(set == flags.split(separator: " ").map(String.init))
    }
}
