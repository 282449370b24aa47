import JSON
import Templates
import TestSupport
import Testing

/// Every conversation of the reference implementation, for every template.
@Suite(.enabled(if: SharedFixtures.has("chat_templates"), "the golden files are not beside the package"))
struct `A published chat template` {
    static let names = [
        "NousResearch-Hermes-3-Llama-3.1-8B-tool_use", "Qwen-Qwen2.5-7B-Instruct", "Qwen-Qwen3-0.6B",
        "deepseek-ai-DeepSeek-R1-Distill-Qwen-32B", "gemma-3", "google-gemma-2-2b-it",
        "meta-llama-Llama-3.1-8B-Instruct", "microsoft-Phi-3.5-mini-instruct",
        "mistralai-Mistral-Nemo-Instruct-2407",
    ]

    @Test(arguments: names) func `renders what transformers renders`(name: String) throws {
        let golden = try SharedFixtures.json("chat_templates/\(name).json")
        let template = try ChatTemplate(try SharedFixtures.text("chat_templates/templates/\(name).jinja"))
        let cases = golden["cases"]?.arrayValue ?? []
        #expect(cases.count == 49)
        for entry in cases {
            let label = Comment(rawValue: entry["name"]?.stringValue ?? "")
            var context = try #require(entry["context"]?.objectValue)
            for key in ["bos_token", "eos_token"] where context[key] == nil {
                if let token = golden[key], !token.isNull { context[key] = token }
            }
            let result = Result { try template.render(context, now: golden["now"]?.stringValue) }
            switch result {
            case .success(let text):
                guard let expected = entry["expected"]?.stringValue else {
                    #expect(entry["explicit"]?.boolValue == false, label)
                    continue
                }
                #expect(Array(text.utf8) == Array(expected.utf8), label)
            case .failure(let error):
                #expect(entry["raises"] != nil, "\(label): \(error)")
                let raised = (error as? TemplateError)?.raised
                #expect(raised == entry["explicit"]?.boolValue, label)
                if raised == true {
                    #expect((error as? TemplateError)?.message == entry["message"]?.stringValue, label)
                }
            }
        }
    }
}
