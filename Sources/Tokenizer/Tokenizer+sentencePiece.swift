public import JSON

extension Tokenizer {
    /// Takes the bytes of a SentencePiece model and, where there is one, the parsed `tokenizer_config.json`
    /// beside it; everything is checked here, and nothing later can fail.
    ///
    /// Gives the ids that SentencePiece gives. The configuration says what goes around them
    /// (`add_bos_token`, `add_eos_token`), and whether the text behind a special token starts with a space
    /// of its own (`legacy`).
    public convenience init(
        sentencePiece bytes: [UInt8],
        configuration: JSONValue? = nil
    ) throws(TokenizerError) {
        let file = try SentencePieceFile(bytes)
        let options = Field(value: configuration ?? .null, path: "tokenizer_config.json")
        let pieces = PieceTable(file)
        let isLegacy = configuration == nil ? true : try options["legacy"].bool(default: true)
        self.init(
            Parts(
                addedTokens: pieces.addedTokens,
                normalizer: Normalizer(steps: [.sentencePiece(try pieces.normalizer(isLegacy: isLegacy))]),
                preTokenizer: PreTokenizer(steps: []),
                model: pieces.model,
                postProcessor: try Self.ends(pieces, options),
                texts: pieces.texts,
                vocabularySize: file.pieces.count
            )
        )
    }

    /// What the tokenizers of the transformers library put around a text: the Llama family a start, the T5
    /// family an end, unless the configuration says otherwise.
    private static func ends(_ pieces: PieceTable, _ options: Field) throws(TokenizerError) -> PostProcessor {
        guard !options.isNull else { return PostProcessor(before: [], between: [], after: []) }
        let name = options["tokenizer_class"].value.stringValue ?? ""
        let endsOnly = ["T5", "Pegasus", "BigBird"].contains { name.hasPrefix($0) }
        func ids(_ wanted: Bool, _ key: String, _ standard: String) throws(TokenizerError) -> [UInt32] {
            guard wanted else { return [] }
            let field = options[key]
            let text = field.value.stringValue ?? field["content"].value.stringValue ?? standard
            guard let id = pieces.vocabulary.id(of: Array(text.utf8)) else {
                throw field.failure("is \"\(text)\", which the SentencePiece model does not have")
            }
            return [id]
        }
        let addsBOS = try options["add_bos_token"].bool(default: !endsOnly)
        let addsEOS = try options["add_eos_token"].bool(default: endsOnly)
        return PostProcessor(
            before: try ids(addsBOS, "bos_token", "<s>"),
            between: [],
            after: try ids(addsEOS, "eos_token", "</s>")
        )
    }
}
