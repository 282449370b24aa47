/// The tokens that a GGUF file has for the ends of texts, with what llama.cpp takes where the file names
/// none.
struct SpecialEnds {
    /// One token: what the file says, or else the standard of its kind of tokenizer.
    struct Named {
        var key: String
        var wanted: UInt32?
        var standard: UInt32?
        var size: Int

        /// An id that no token has counts as not there.
        var id: UInt32? {
            if let wanted, Int(wanted) < size { return wanted }
            return standard.flatMap { Int($0) < size ? $0 : nil }
        }

        func required() throws(TokenizerError) -> UInt32 {
            guard let id else { throw TokenizerError("tokenizer.ggml.\(key) is missing, and is to be added") }
            return id
        }
    }

    var bos: Named
    var eos: Named
    var unknown: Named
    var separator: Named

    init(_ file: GGUFVocabulary, _ tokens: GGUFTokens) {
        let standards: [UInt32?] =
            switch file.model {
            case "llama": [1, 2, 0, nil]
            case "bert": [101, nil, 100, 102]
            case "gpt2", "whitespace": [11, 11, nil, nil]
            case "t5": [nil, 1, 2, nil]
            default: [nil, nil, nil, nil]
            }
        let size = tokens.vocabulary.size
        bos = Named(key: "bos_token_id", wanted: file.bosTokenID, standard: standards[0], size: size)
        eos = Named(key: "eos_token_id", wanted: file.eosTokenID, standard: standards[1], size: size)
        unknown = Named(
            key: "unknown_token_id",
            wanted: file.unknownTokenID,
            standard: standards[2],
            size: size
        )
        separator = Named(
            key: "seperator_token_id",
            wanted: file.separatorTokenID,
            standard: standards[3],
            size: size
        )
    }

    func postProcessor(addsBOS: Bool, addsEOS: Bool) throws(TokenizerError) -> PostProcessor {
        let before = addsBOS ? [try bos.required()] : []
        let after = addsEOS ? [try eos.required()] : []
        return PostProcessor(before: before, between: [], after: after)
    }

    /// `[CLS] A [SEP]`, whatever the flags say.
    func bertPostProcessor() throws(TokenizerError) -> PostProcessor {
        PostProcessor(
            before: [try bos.required()],
            between: [],
            after: [try separator.required()],
            secondTypeID: 1
        )
    }
}
