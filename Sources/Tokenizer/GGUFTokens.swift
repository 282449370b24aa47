/// The tokens of a GGUF file with what each is for: the file's types, and what is known from their texts.
struct GGUFTokens {
    struct Attributes: OptionSet {
        let rawValue: UInt8

        static let normal = Attributes(rawValue: 1)
        static let unknown = Attributes(rawValue: 2)
        static let control = Attributes(rawValue: 4)
        static let userDefined = Attributes(rawValue: 8)
        static let unused = Attributes(rawValue: 16)
        static let byte = Attributes(rawValue: 32)
    }

    let vocabulary: Vocabulary
    /// By id.
    private(set) var attributes: [Attributes]

    init(_ file: GGUFVocabulary) throws(TokenizerError) {
        guard !file.tokens.isEmpty else { throw TokenizerError("tokenizer.ggml.tokens is empty") }
        guard file.tokens.count <= Int(Limits.highestID) else {
            throw TokenizerError("tokenizer.ggml.tokens has more than \(Limits.highestID) tokens")
        }
        for (key, count) in [("token_type", file.tokenTypes.count), ("scores", file.scores.count)]
        where count > 0 && count < file.tokens.count {
            throw TokenizerError(
                "tokenizer.ggml.\(key) has \(count) entries for \(file.tokens.count) tokens"
            )
        }
        var vocabulary = Vocabulary(capacity: file.tokens.count)
        for (id, token) in file.tokens.enumerated() {
            let text = token.isEmpty ? Array("[EMPTY_\(id)]".utf8) : token
            vocabulary.add(text, id: UInt32(id), replaces: true)
        }
        self.vocabulary = vocabulary
        attributes = file.tokens.indices.map { id in
            file.tokenTypes.isEmpty ? .normal : Self.attributes(ofType: file.tokenTypes[id])
        }
        markByText()
    }

    private static func attributes(ofType type: Int32) -> Attributes {
        switch type {
        case 1: .normal
        case 2: .unknown
        case 3: .control
        case 4: .userDefined
        case 5: .unused
        case 6: .byte
        default: []
        }
    }

    /// Many files were converted with the wrong types; the texts of these tokens say what they are.
    private mutating func markByText() {
        func id(_ text: String) -> Int? { vocabulary.id(of: Array(text.utf8)).map(Int.init) }
        for text in Self.controlTexts {
            if let id = id(text) { attributes[id].insert(.control) }
        }
        for text in ["<|channel|>", "<|message|>", "<|start|>", "<|constrain|>"] {
            if let id = id(text) { attributes[id] = .userDefined }
        }
        // Where calls end the turn, the end of a message does not.
        let hasCall = id("<|call|>") != nil || id("<|calls|>") != nil
        if let end = id("<|end|>"), hasCall, id("<|return|>") != nil || id("<|flush|>") != nil {
            attributes[end] = .userDefined
        }
        if let end = id("</s>"), id("<|tool_response>") != nil { attributes[end] = .normal }
    }

    private static let controlTexts = [
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>", "<EOT>",
        "_<EOT>", "[EOT]", "[EOS]", "<｜end▁of▁sentence｜>", "<end_of_utterance>", "<|eom_id|>", "<|return|>",
        "<|call|>", "<|flush|>", "<|calls|>", "</s>", "<eos>", "<turn|>", "<|tool_response>", "[e~[",
        "<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>", "<｜fim▁begin｜>", "<PRE>", "▁<PRE>",
        "<|code_prefix|>", "<|prefix|>", "<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>", "<｜fim▁hole｜>",
        "<SUF>", "▁<SUF>", "<|code_suffix|>", "<|suffix|>", "<|fim_middle|>", "<fim-middle>", "<fim_middle>",
        "<｜fim▁end｜>", "<MID>", "▁<MID>", "<|code_middle|>", "<|middle|>", "<|fim_pad|>", "<fim-pad>",
        "<fim_pad>", "<PAD>", "[PAD]", "<|fim_repo|>", "<fim-repo>", "<|repo_name|>", "<REPO>", "<reponame>",
        "<|file_sep|>",
    ]

    /// The tokens that are found in a text before anything else; the longest first.
    func addedTokens(_ file: GGUFVocabulary) -> AddedTokens {
        var tokens: [AddedTokens.Token] = []
        for (id, attributes) in attributes.enumerated()
        where !attributes.isDisjoint(with: [.control, .userDefined, .unknown]) {
            guard let text = vocabulary.token(UInt32(id)), vocabulary.id(of: text) == UInt32(id),
                text.count <= Limits.addedTokenBytes
            else { continue }
            tokens.append(
                AddedTokens.Token(
                    id: UInt32(id),
                    content: text,
                    text: text,
                    isSpecial: !attributes.isDisjoint(with: [.control, .unknown])
                )
            )
        }
        Self.markStrips(&tokens, file)
        return AddedTokens(tokens, .longest)
    }

    /// The files do not say which tokens swallow the space beside them; these models are known to have some.
    private static func markStrips(_ tokens: inout [AddedTokens.Token], _ file: GGUFVocabulary) {
        let name = file.modelName.lowercased()
        let pre = file.pre ?? ""
        if ["jina-v2-de", "jina-v2-es", "jina-v2-code"].contains(where: pre.contains)
            || ["nomic-bert-moe", "jina-bert-v3"].contains(where: file.architecture.contains)
        {
            for index in tokens.indices where tokens[index].text == Array("<mask>".utf8) {
                tokens[index].stripsLeft = true
            }
        } else if name.contains("phi-3") || name.contains("phi3") {
            let exceptions = ["<unk>", "<s>", "<|endoftext|>"].map { Array($0.utf8) }
            for index in tokens.indices {
                tokens[index].stripsRight = !exceptions.contains(tokens[index].text)
            }
        } else if name.contains("modern-bert") {
            for index in tokens.indices where tokens[index].text == Array("[MASK]".utf8) {
                tokens[index].stripsLeft = true
            }
        }
    }

    /// What each id adds to a text.
    ///
    /// `spelling` is how an ordinary token is written.
    func texts(_ decoder: Decoder, spelling: ([UInt8]) -> [UInt8]) -> TokenTexts {
        TokenTexts(size: vocabulary.size, decoder: decoder) { id, _ in
            guard let text = vocabulary.token(id) else { return nil }
            let attributes = attributes[Int(id)]
            if !attributes.isDisjoint(with: [.unknown, .control, .userDefined]) { return .text(text) }
            if attributes.contains(.normal) { return .text(spelling(text)) }
            if attributes.contains(.byte) { return .text(byteOfToken(text).map { [$0] } ?? []) }
            return .text([])
        }
    }

    /// The scores of the tokens whose attributes `isWanted` says yes to; nil for the others.
    func scores(_ file: GGUFVocabulary, where isWanted: (Attributes) -> Bool) -> [Float?] {
        attributes.enumerated().map { id, attributes in
            isWanted(attributes) ? file.scores.isEmpty ? 0 : file.scores[id] : nil
        }
    }
}
