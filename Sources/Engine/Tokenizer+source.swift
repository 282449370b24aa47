public import ModelFiles
public import Tokenizer

extension Tokenizer {
    /// Made from whatever a model brings.
    public convenience init(_ source: TokenizerSource) throws {
        switch source {
        case .json(let document): try self.init(json: document)
        case .sentencePiece(let bytes, let configuration):
            try self.init(sentencePiece: bytes, configuration: configuration)
        case .gguf(let metadata): try self.init(gguf: GGUFVocabulary(metadata))
        }
    }
}

extension GGUFVocabulary {
    /// The values of a file, as they stand there.
    init(_ metadata: GGUFMetadata) {
        let prefix = "tokenizer.ggml."
        func id(_ key: String) -> UInt32? {
            metadata.integer("\(prefix)\(key)_token_id").flatMap { UInt32(exactly: $0) }
        }
        func flag(_ key: String) -> Bool? { metadata.flag(prefix + key) }
        self.init(
            model: metadata.text("\(prefix)model") ?? "",
            tokens: metadata.rawTexts("\(prefix)tokens") ?? []
        )
        pre = metadata.text("\(prefix)pre")
        tokenTypes = (metadata.integers("\(prefix)token_type") ?? []).map { Int32(clamping: $0) }
        scores = metadata.floats("\(prefix)scores") ?? []
        merges = metadata.rawTexts("\(prefix)merges") ?? []
        bosTokenID = id("bos")
        eosTokenID = id("eos")
        unknownTokenID = id("unknown")
        // The key is misspelt in the format itself.
        separatorTokenID = id("seperator")
        paddingTokenID = id("padding")
        maskTokenID = id("mask")
        addsBOS = flag("add_bos_token")
        addsEOS = flag("add_eos_token")
        addsSeparator = flag("add_sep_token")
        addsSpacePrefix = flag("add_space_prefix")
        removesExtraWhitespaces = flag("remove_extra_whitespaces")
        precompiledCharacterMap = metadata.bytes("\(prefix)precompiled_charsmap") ?? []
        lowercases = flag("normalizer.lowercase")
        stripsAccents = flag("normalizer.strip_accents")
        modelName = metadata.text("general.name") ?? ""
        architecture = metadata.text("general.architecture") ?? ""
    }
}
