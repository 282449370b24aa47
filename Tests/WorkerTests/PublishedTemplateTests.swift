import Contract
import JSON
import Templates
import TestSupport
import Testing

@testable import Worker

/// Whether the parts of a conversation are found in what published templates make of it.
@Suite struct `A prompt of a published template` {
    private static let names = [
        "Qwen-Qwen3-0.6B", "Qwen-Qwen2.5-7B-Instruct", "meta-llama-Llama-3.1-8B-Instruct",
        "google-gemma-2-2b-it", "gemma-3", "microsoft-Phi-3.5-mini-instruct",
        "mistralai-Mistral-Nemo-Instruct-2407", "deepseek-ai-DeepSeek-R1-Distill-Qwen-32B",
        "NousResearch-Hermes-3-Llama-3.1-8B-tool_use",
    ]

    private static let messages: [JSONValue] = [
        ["role": "system", "content": "mark-0 You look after a mill."],
        ["role": "user", "content": "mark-1 Look at \"both\" files.\nThen tell me."],
        [
            "role": "assistant", "content": "mark-2 I look.",
            "tool_calls": [
                [
                    "id": "call00001", "type": "function",
                    "function": ["name": "read", "arguments": ["path": "mark-2"]],
                ]
            ],
        ],
        [
            "role": "tool", "tool_call_id": "call00001", "name": "read",
            "content": "mark-3 A \"line\".\nMore.",
        ],
        ["role": "assistant", "content": "mark-4 That is all."],
        ["role": "user", "content": "ok"],
        ["role": "assistant", "content": "mark-6 Anything else?"],
        ["role": "user", "content": "mark-7 No, thank you very much."],
    ]
    private static let tools: JSONValue = [
        [
            "type": "function",
            "function": [
                "name": "read", "description": "mark-tool",
                "parameters": ["type": "object", "properties": ["path": ["type": "string"]]],
            ],
        ]
    ]

    @Test(
        .enabled(if: SharedFixtures.has("chat_templates"), "the golden files are not beside the package"),
        arguments: names
    ) func `shows where its parts stand`(name: String) throws {
        let template = try ChatTemplate(SharedFixtures.text("chat_templates/templates/\(name).jinja"))
        let capabilities = TemplateCapabilities(of: template)
        let given: JSONObject = [
            "messages": .array(Self.messages), "tools": Self.tools, "add_generation_prompt": true,
            "bos_token": "<s>", "eos_token": "</s>", "documents": nil,
        ]
        let fitted = FittedConversation(given, to: capabilities, ToolText(open: "<call>", close: "</call>"))
        let prompt = try template.render(fitted.variables, now: "2026-01-01T00:00:00")
        let map = PromptMap(given, in: prompt)
        func places(of mark: String) -> [Int] {
            var places: [Int] = []
            var rest = prompt[...]
            while let range = rest.firstRange(of: mark) {
                places.append(prompt.utf8.distance(from: prompt.startIndex, to: range.upperBound))
                rest = rest[range.upperBound...]
            }
            return places
        }
        for index in Self.messages.indices {
            for place in places(of: "mark-\(index)") {
                guard case .message(let found, _) = map.end(at: place - 1) else {
                    Issue.record("\(map.end(at: place - 1)) is no message, in \(prompt)")
                    continue
                }
                #expect(found == index, "mark-\(index) in \(prompt)")
            }
        }
        #expect(!places(of: "mark-tool").isEmpty)
        for place in places(of: "mark-tool") { #expect(map.end(at: place - 1) == .tools, "\(prompt)") }
        #expect(map.end(at: 0) == .start)
        #expect(map.end(at: prompt.utf8.count) == .template)
    }
}
