public import JSON

extension Tokenizer {
    /// Takes a parsed `tokenizer.json`; everything in it is checked here, and nothing later can fail.
    public convenience init(json: JSONValue) throws(TokenizerError) {
        guard json.objectValue != nil else {
            throw TokenizerError("the tokenizer file must be a JSON object")
        }
        let file = Field(value: json, path: "")
        let model = try Model(file["model"])
        let normalizer = try Normalizer(file["normalizer"])
        let preTokenizer = try PreTokenizer(file["pre_tokenizer"])
        let postProcessor = try PostProcessor(file["post_processor"])
        let decoder = try Decoder(file["decoder"])
        let vocabulary = model.vocabulary
        let addedTokens = try AddedTokens(file["added_tokens"], vocabulary, normalizer)
        let size = max(vocabulary.size, addedTokens.tokens.map { Int($0.id) + 1 }.max() ?? 0)
        self.init(
            Parts(
                addedTokens: addedTokens,
                normalizer: normalizer,
                preTokenizer: preTokenizer,
                model: model,
                postProcessor: postProcessor,
                texts: Self.texts(size: size, decoder, addedTokens, vocabulary),
                vocabularySize: size
            )
        )
    }

    private static func texts(
        size: Int,
        _ decoder: Decoder,
        _ addedTokens: AddedTokens,
        _ vocabulary: Vocabulary
    ) -> TokenTexts {
        let added = Dictionary(addedTokens.tokens.map { ($0.id, $0.text) }) { _, last in last }
        let memory = MatchMemory()
        return TokenTexts(size: size, decoder: decoder) { id, isFirst in
            guard let token = added[id] ?? vocabulary.token(id) else { return nil }
            let bytes = decoder.bytes(of: token, isFirst: isFirst, memory)
            if case .byteFallback = decoder.joining, let byte = byteOfToken(bytes) { return .byte(byte) }
            return .text(bytes)
        }
    }
}
