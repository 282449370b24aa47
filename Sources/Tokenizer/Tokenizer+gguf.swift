extension Tokenizer {
    /// Takes what a GGUF file says about its tokenizer, and gives the ids that llama.cpp gives; everything is
    /// checked here, and nothing later can fail.
    public convenience init(gguf file: GGUFVocabulary) throws(TokenizerError) {
        let tokens = try GGUFTokens(file)
        let parts: Parts
        switch file.model {
        case "gpt2", "gemma4", "whitespace": parts = try Self.bytePairs(file, tokens)
        case "llama": parts = try Self.scoredPairs(file, tokens)
        case "bert": parts = try Self.wordPieces(file, tokens)
        case "t5": parts = try Self.unigrams(file, tokens)
        default:
            throw TokenizerError(
                "tokenizer.ggml.model is \"\(file.model)\", which is not supported; known are bert, gemma4, "
                    + "gpt2, llama, t5, whitespace"
            )
        }
        self.init(parts)
    }

    private static func parts(
        _ file: GGUFVocabulary,
        _ tokens: GGUFTokens,
        _ model: Model,
        _ postProcessor: PostProcessor,
        _ texts: TokenTexts
    ) -> Parts {
        Parts(
            addedTokens: tokens.addedTokens(file),
            normalizer: Normalizer(steps: []),
            preTokenizer: PreTokenizer(steps: []),
            model: model,
            postProcessor: postProcessor,
            texts: texts,
            vocabularySize: tokens.vocabulary.size
        )
    }

    // MARK: - Byte pairs

    private static func bytePairs(
        _ file: GGUFVocabulary,
        _ tokens: GGUFTokens
    ) throws(TokenizerError) -> Parts {
        let name = file.model == "gemma4" ? "gemma4" : file.pre.flatMap { $0.isEmpty ? nil : $0 } ?? "default"
        guard let cutting = WordCutting(name: name) else {
            throw TokenizerError(
                "tokenizer.ggml.pre is \"\(name)\", which is not supported; known are "
                    + WordCutting.names.joined(separator: ", ")
            )
        }
        let isRaw = !cutting.isByteLevel
        // Two names cut alike, but only one writes spaces as they are.
        let escapes = isRaw && name != "whitespace"
        let takesLineEnds = name == "gemma4" || name == "granite-embed-multi-311m"
        var rules = BPE.Rules()
        rules.unknownIsBarrier = true
        rules.wholeWords = cutting.ignoresMerges ? .all : takesLineEnds ? .lineEnds : .none
        rules.byteTokens = isRaw ? tokens.vocabulary.byteTokens : tokens.vocabulary.singleBytes
        var names = SymbolNames(tokens.vocabulary)
        let merges = try names.mergeTable(file.merges)
        rules.expansions = names.expansions(rules.byteTokens)
        var ends = SpecialEnds(file, tokens)
        if name == "chatglm-bpe" || name == "glm4" || name == "glm5" { ends.bos.standard = nil }
        let postProcessor = try ends.postProcessor(
            addsBOS: takesLineEnds || (file.addsBOS ?? cutting.addsBOS),
            addsEOS: file.addsEOS ?? false
        )
        let texts = tokens.texts(Decoder(joining: .bytes)) {
            escapes ? $0.replacing(Filler.bytes, with: [0x20]) : isRaw ? $0 : ByteAlphabet.decode($0)
        }
        let model = Model.bpe(BPE(tokens.vocabulary, merges, rules))
        var parts = parts(file, tokens, model, postProcessor, texts)
        if escapes { parts.normalizer = Normalizer(steps: [.replace(.text([0x20]), with: Filler.bytes)]) }
        if file.model == "whitespace", file.lowercases ?? false {
            parts.normalizer = Normalizer(steps: [.lowercase])
        }
        var steps = try cutting.steps()
        if file.model == "whitespace" {
            steps.insert(
                .split(PreTokenizer.Split(pattern: .scalars(\.isWhiteSpace), behavior: .removed)),
                at: 0
            )
        }
        parts.preTokenizer = PreTokenizer(steps: steps)
        return parts
    }

    // MARK: - Others

    private static func scoredPairs(
        _ file: GGUFVocabulary,
        _ tokens: GGUFTokens
    ) throws(TokenizerError) -> Parts {
        var rules = PieceMerging.Rules()
        rules.byteTokens = zip(tokens.vocabulary.byteTokens, tokens.vocabulary.singleBytes).map { $0 ?? $1 }
        rules.unknown = SpecialEnds(file, tokens).unknown.id
        rules.mergesIntoUnknown = true
        let model = PieceMerging(tokens.vocabulary, scores: tokens.scores(file) { _ in true }, rules)
        let addsSpace = file.addsSpacePrefix ?? true
        let postProcessor = try SpecialEnds(file, tokens).postProcessor(
            addsBOS: file.addsBOS ?? true,
            addsEOS: file.addsEOS ?? false
        )
        let texts = tokens.texts(decoder(addsSpace)) { $0.replacing(Filler.bytes, with: [0x20]) }
        var parts = parts(file, tokens, .pieceMerging(model), postProcessor, texts)
        var steps: [Normalizer.Step] = [.replace(.text([0x20]), with: Filler.bytes)]
        if addsSpace { steps.insert(.prepend([0x20]), at: 0) }
        parts.normalizer = Normalizer(steps: steps)
        return parts
    }

    private static func wordPieces(
        _ file: GGUFVocabulary,
        _ tokens: GGUFTokens
    ) throws(TokenizerError) -> Parts {
        let ends = SpecialEnds(file, tokens)
        let model = WordPiece(
            tokens.vocabulary,
            continuingPrefix: [],
            unknown: ends.unknown.id,
            longestWord: .max
        )
        let texts = tokens.texts(decoder(true)) { $0.replacing(Filler.bytes, with: [0x20]) }
        let lowercases = file.lowercases ?? true
        let words = BertWords(
            lowercases: lowercases,
            stripsAccents: file.stripsAccents ?? lowercases
        )
        var parts = parts(file, tokens, .wordPiece(model), try ends.bertPostProcessor(), texts)
        parts.preTokenizer = PreTokenizer(steps: [.bertWords(words)])
        return parts
    }

    private static func unigrams(_ file: GGUFVocabulary, _ tokens: GGUFTokens) throws(TokenizerError) -> Parts
    {
        let normalScores = tokens.scores(file) { $0.contains(.normal) }.compactMap(\.self)
        guard normalScores.allSatisfy(\.isFinite) else {
            throw TokenizerError("tokenizer.ggml.scores has a value that is no number")
        }
        let ends = SpecialEnds(file, tokens)
        let lowest = normalScores.min() ?? 0
        var rules = Unigram.Rules(unknownScore: Double(lowest - Float(Limits.unknownPenalty)))
        rules.unknown = ends.unknown.id
        let wanted = tokens.scores(file) { !$0.isDisjoint(with: [.normal, .userDefined, .unused]) }
        let scores = zip(wanted, tokens.attributes).map { score, attributes in
            score.map { attributes.contains(.userDefined) ? 0 : Double($0) }
        }
        let model = Unigram(tokens.vocabulary, scores: scores, rules)
        var normalizer = GGUFSpaces()
        normalizer.addsSpace = file.addsSpacePrefix ?? false
        normalizer.joinsSpaces = file.removesExtraWhitespaces ?? false
        if !file.precompiledCharacterMap.isEmpty {
            normalizer.map = try CharacterMap(
                file.precompiledCharacterMap,
                path: "tokenizer.ggml.precompiled_charsmap"
            )
        }
        for (id, attributes) in tokens.attributes.enumerated() where attributes.contains(.userDefined) {
            if let text = tokens.vocabulary.token(UInt32(id)) {
                normalizer.wholeTokens.insert(text, value: id)
            }
        }
        let postProcessor = try ends.postProcessor(
            addsBOS: file.addsBOS ?? false,
            addsEOS: file.addsEOS ?? true
        )
        let texts = tokens.texts(decoder(normalizer.addsSpace)) { $0.replacing(Filler.bytes, with: [0x20]) }
        var parts = parts(file, tokens, .unigram(model), postProcessor, texts)
        parts.normalizer = Normalizer(steps: [.ggufSpaces(normalizer)])
        return parts
    }

    /// A text that was encoded with a space in front loses it again.
    private static func decoder(_ dropsSpace: Bool) -> Decoder {
        var decoder = Decoder(joining: .bytes)
        if dropsSpace { decoder.strip = Decoder.EndStrip(scalar: " ", startCount: 1, endCount: 0) }
        return decoder
    }
}

extension Vocabulary {
    /// By byte: the id of the token that is nothing but that byte.
    var singleBytes: [UInt32?] { (0..<256).map { id(of: [UInt8($0)]) } }
}
