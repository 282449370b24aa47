import Output
import TestSupport
import Testing

@Suite struct `The format of a model` {
    @Test(
        .enabled(if: SharedFixtures.has("chat_templates/templates"), "the shared fixtures are not here"),
        arguments: [
            ("NousResearch-Hermes-3-Llama-3.1-8B-tool_use", "hermes"), ("Qwen-Qwen2.5-7B-Instruct", "hermes"),
            ("Qwen-Qwen3-0.6B", "hermes"), ("deepseek-ai-DeepSeek-R1-Distill-Qwen-32B", "deepseek"),
            ("gemma-3", "gemma"), ("google-gemma-2-2b-it", "gemma"),
            ("meta-llama-Llama-3.1-8B-Instruct", "llama3"), ("microsoft-Phi-3.5-mini-instruct", "phi"),
            ("mistralai-Mistral-Nemo-Instruct-2407", "mistral"),
        ]
    )
    func `is told by its template`(name: String, format: String) throws {
        let template = try SharedFixtures.text("chat_templates/templates/\(name).jinja")
        #expect(OutputFormat.of(template: template) { _ in false }.name == format)
    }

    @Test(arguments: [
        ("<|channel|> <|message|>", "harmony"), ("<|turn> <|tool_call>", "gemma4"),
        ("<tool_call> <function=x> <parameter=", "qwen3-coder"), ("<tool_call> <arg_key>", "glm"),
        ("<minimax:tool_call> <tool_call>", "minimax"), ("<|tool_calls_section_begin|>", "kimi"),
        ("<|start_of_role|> <tool_call>", "granite"), ("<|header_start|>", "llama4"),
        ("<|START_ACTION|>", "cohere"), ("<|tool_list_start|>", "lfm2"), ("nothing", "generic"),
    ])
    func `is told by the most particular of its marks`(template: String, format: String) {
        #expect(OutputFormat.of(template: template) { _ in false }.name == format)
    }

    @Test func `has the usual thoughts where the model knows their marks`() {
        #expect(OutputFormat.of(template: "") { _ in false }.endOfThinking == nil)
        #expect(OutputFormat.of(template: "<think>") { _ in false }.endOfThinking == "\n</think>\n\n")
        #expect(OutputFormat.of(template: "") { $0 == "<think>" }.endOfThinking == "\n</think>\n\n")
    }

    @Test func `may be said`() {
        #expect(
            OutputChoice.named("glm").format(template: "<|channel|> <|message|>") { _ in false }?.name
                == "glm"
        )
        #expect(OutputChoice.plain.format(template: "<tool_call>") { _ in false } == nil)
        #expect(Set(OutputFormat.all.map(\.name)).count == OutputFormat.all.count)
    }
}
