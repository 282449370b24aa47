internal import JSON

/// A field of a client API that would change what the reply means and that cannot be honoured.
///
/// Such a field is refused by name instead of being dropped silently; with a harmless value it is let
/// through. Everything that is in no table here and that nobody reads is ignored.
struct UnsupportedField {
    var name: String
    /// Values that ask for nothing, besides null.
    var harmless: [JSONValue]

    init(_ name: String, unless harmless: JSONValue...) {
        self.name = name
        self.harmless = harmless
    }

    func check(_ fields: RequestFields) throws(DialectError) {
        guard let value = fields[name], !harmless.contains(where: { Self.same($0, value) }) else { return }
        if let only = harmless.first {
            throw .unsupported(fields.name(name), "is not supported by this server except as \(only)")
        }
        throw .unsupported(fields.name(name), "is not supported by this server")
    }

    /// 0 and 0.0 ask for the same.
    private static func same(_ left: JSONValue, _ right: JSONValue) -> Bool {
        if let left = left.numberValue, let right = right.numberValue { return left == right }
        return left == right
    }

    /// What other servers add to OpenAI's requests and this one does not have.
    static let extensions: [UnsupportedField] = [
        UnsupportedField("use_beam_search", unless: false),
        UnsupportedField("xtc_probability", unless: 0),
        UnsupportedField("mirostat", unless: 0),
        UnsupportedField("dry_multiplier", unless: 0),
        UnsupportedField("length_penalty", unless: 1),
        UnsupportedField("adapters"),
        UnsupportedField("return_token_ids", unless: false),
        UnsupportedField("logprob_token_ids", unless: []),
        UnsupportedField("n_probs", unless: 0),
    ]

    static let chat: [UnsupportedField] =
        extensions + [
            UnsupportedField("modalities", unless: ["text"], []),
            UnsupportedField("audio"),
            UnsupportedField("web_search_options"),
            UnsupportedField("chat_template"),
            UnsupportedField("echo", unless: false),
        ]

    static let response: [UnsupportedField] =
        extensions + [
            UnsupportedField("prompt_logprobs"),
            UnsupportedField("conversation"),
            UnsupportedField("prompt"),
            UnsupportedField("context_management", unless: []),
            UnsupportedField("moderation"),
            UnsupportedField("n", unless: 1),
            UnsupportedField("chat_template"),
            UnsupportedField("echo", unless: false),
        ]

    static let completion: [UnsupportedField] =
        extensions + [
            UnsupportedField("suffix", unless: "")
        ]

    static let anthropic: [UnsupportedField] = [
        UnsupportedField("mcp_servers", unless: [])
    ]
}
