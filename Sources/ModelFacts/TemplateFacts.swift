internal import JSON
internal import ModelFiles
public import Templates

/// Which conversations a model's chat template can show to the model.
public struct TemplateFacts: Hashable, Sendable {
    /// Chats use `default`.
    public var names: [String]
    /// Nil where there is no template for chats, or none that can be read.
    public var capabilities: TemplateCapabilities?

    init(_ source: ModelSource, _ template: ChatTemplate?) {
        names = source.chatTemplates.keys.sorted()
        var variables: JSONObject = [:]
        if let token = source.bosToken { variables["bos_token"] = .string(token) }
        if let token = source.eosToken { variables["eos_token"] = .string(token) }
        capabilities = template.map { TemplateCapabilities(of: $0, variables: variables) }
    }
}

extension TemplateCapabilities {
    /// Whether thinking can be switched, or what was thought is shown again.
    var knowsThinking: Bool { thinkingSwitch != nil || showsReasoning }
}
