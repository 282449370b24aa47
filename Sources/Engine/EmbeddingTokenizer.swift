internal import Contract
public import ModelFiles
public import Tokenizer
public import Transformer

/// Turns texts into what an embedding model reads: a prompt in front, special tokens around, cut to its
/// limit.
public struct EmbeddingTokenizer {
    /// The model has no prompt of this name.
    public struct UnknownPrompt: Error, Hashable, CustomStringConvertible {
        public var name: String
        public var known: [String]

        public var description: String {
            known.isEmpty
                ? "there is no prompt \"\(name)\": the model has none"
                : "there is no prompt \"\(name)\", only \(known.joined(separator: ", "))"
        }
    }

    private let tokenizer: Tokenizer
    private let config: EmbeddingConfig
    private let tokenLimit: Int

    /// `tokenLimit` is that of the model.
    public init(tokenizer: Tokenizer, config: EmbeddingConfig, tokenLimit: Int) {
        self.tokenizer = tokenizer
        self.config = config
        self.tokenLimit = tokenLimit
    }

    /// Without a name the model's usual prompt is taken, if it has one.
    public func input(_ text: String, promptName: String? = nil) throws(UnknownPrompt) -> TextInput {
        let prompt = try prompt(promptName)
        let whole = prompt + text
        let ids = tokenizer.encode(whole, addSpecialTokens: true)
        let plain = tokenizer.encode(whole, addSpecialTokens: false)
        let before = Self.place(of: plain, in: ids)
        let promptCount =
            prompt.isEmpty ? 0 : before + tokenizer.encode(prompt, addSpecialTokens: false).count
        guard ids.count > tokenLimit else { return TextInput(ids: ids, promptTokenCount: promptCount) }
        // The special tokens stay, the text gives way.
        let specialCount = ids.count - plain.count
        let kept = ids[..<(before + max(0, tokenLimit - specialCount))] + ids[(before + plain.count)...]
        return TextInput(
            ids: Array(kept.prefix(tokenLimit)),
            promptTokenCount: min(promptCount, tokenLimit)
        )
    }

    private func prompt(_ name: String?) throws(UnknownPrompt) -> String {
        guard let name = name ?? config.defaultPromptName else { return "" }
        guard let prompt = config.prompts[name] else {
            throw UnknownPrompt(name: name, known: config.prompts.keys.sorted())
        }
        return prompt
    }

    /// Special tokens in front of the text.
    private static func place(of plain: [TokenID], in ids: [TokenID]) -> Int {
        guard plain.count < ids.count else { return 0 }
        return (0...(ids.count - plain.count)).first { ids[$0...].starts(with: plain) } ?? 0
    }
}
