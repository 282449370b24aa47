import TestSupport
import Testing
import Tokenizer

/// Small vocabularies as GGUF files have them.
@Suite struct `What a GGUF file says of its tokenizer` {
    static let names = [
        "default", "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2",
        "jina-v5-nano", "deepseek-llm", "deepseek-coder", "deepseek-v3", "spark2_5", "youtu", "falcon", "mpt",
        "starcoder", "gpt-2", "phi-2", "jina-es", "jina-de", "gigachat", "jina-v2-es", "jina-v2-de",
        "a.x-4.0",
        "mellum", "modern-bert", "jais-2", "gemma4", "granite-embed-multi-311m", "sarvam-moe", "jina-v1-en",
        "jina-v2-code", "roberta-bpe", "whitespace", "refact", "command-r", "qwen2", "deepseek-r1-qwen",
        "kormo",
        "f2llmv2", "qwen35", "stablelm2", "olmo", "dbrx", "smaug-bpe", "poro-chat", "chatglm-bpe", "glm4",
        "glm5",
        "viking", "jais", "tekken", "smollm", "codeshell", "bloom", "gpt3-finnish", "exaone", "exaone4",
        "exaone-moe", "chameleon", "minerva-7b", "megrez", "gpt-4o", "llama4", "kanana2", "talkie",
        "granite-embed-multi-97m", "tiny_aya", "cohere2moe", "superbpe", "trillion", "granite-docling",
        "bailingmoe", "bailingmoe2", "llada-moe", "seed-coder", "hunyuan", "hunyuan-dense", "hy_v4",
        "joyai-llm",
        "kimi-k2", "ufakzeka", "grok-2", "afmoe", "laguna", "minimax-m2", "solar-open", "mellum2", "minicpm5",
    ]

    /// The byte alphabet, a few digits that may be joined, and tokens of each type.
    private static func bytePairs(_ pre: String?) -> GGUFVocabulary {
        var tokens = SmallTokenizer.alphabet + ["12", "123", "ab", "Ġa"]
        let types = Array(repeating: Int32(1), count: tokens.count) + [3, 4, 3]
        tokens += ["<|im_start|>", "<tool>", "<s>"]
        var vocabulary = GGUFVocabulary(model: "gpt2", tokens: tokens.map { Array($0.utf8) })
        vocabulary.pre = pre
        vocabulary.tokenTypes = types
        vocabulary.merges = ["1 2", "12 3", "a b", "Ġ a"].map { Array($0.utf8) }
        vocabulary.bosTokenID = 262
        vocabulary.eosTokenID = 262
        return vocabulary
    }

    @Test(arguments: names) func `names a way to cut words`(pre: String) throws {
        let tokenizer = try Tokenizer(gguf: Self.bytePairs(pre))
        let text = "ab 12345 a中é\n\n don't <|im_start|>x"
        let ids = tokenizer.encode(text, addSpecialTokens: false)
        #expect(ids.contains(260))
        guard !["gemma4", "granite-embed-multi-311m", "sarvam-moe", "whitespace"].contains(pre) else {
            return
        }
        #expect(tokenizer.decode(ids, skipSpecialTokens: false) == text)
    }

    @Test func `is refused with the known names when it names an unknown way`() {
        let error = #expect(throws: TokenizerError.self) { try Tokenizer(gguf: Self.bytePairs("odd")) }
        #expect(error?.message.hasPrefix("tokenizer.ggml.pre is \"odd\"") == true)
        #expect(error?.message.contains("llama-bpe") == true)
    }

    @Test(arguments: [
        ("llama-bpe", "1234567", ["123", "4", "5", "6", "7"]), ("qwen2", "1234", ["1", "2", "3", "4"]),
        ("tiny_aya", "1234123", ["1", "2", "3", "4", "123"]), ("gpt-2", "1234", ["123", "4"]),
    ]) func `cuts numbers as its name says`(pre: String, text: String, expected: [String]) throws {
        let tokenizer = try Tokenizer(gguf: Self.bytePairs(pre))
        let ids = tokenizer.encode(text, addSpecialTokens: false)
        #expect(ids.map { tokenizer.decode([$0], skipSpecialTokens: false) } == expected)
    }

    @Test func `tells special tokens from those of the user's own`() throws {
        let tokenizer = try Tokenizer(gguf: Self.bytePairs("gpt-2"))
        let ids = tokenizer.encode("<|im_start|><tool>", addSpecialTokens: false)
        #expect(ids == [260, 261])
        #expect(tokenizer.decode(ids, skipSpecialTokens: true) == "<tool>")
        let plain = tokenizer.encode("<|im_start|><tool>", addSpecialTokens: false, parseSpecialTokens: false)
        #expect(plain.last == 261 && !plain.contains(260))
    }

    @Test func `adds the ends that it asks for`() throws {
        var vocabulary = Self.bytePairs("gpt-2")
        vocabulary.addsBOS = true
        vocabulary.addsEOS = true
        #expect(try Tokenizer(gguf: vocabulary).encode("ab", addSpecialTokens: true) == [262, 258, 262])
        vocabulary.bosTokenID = nil
        vocabulary.model = "gemma4"
        #expect(throws: TokenizerError.self) { try Tokenizer(gguf: vocabulary) }
    }

    private static func scored() -> GGUFVocabulary {
        let tokens = ["<unk>", "<s>", "</s>", "▁", "a", "b", "▁a", "ab", "▁ab"]
        let bytes = (0..<256).map { byte -> String in
            let digits = String(byte, radix: 16, uppercase: true)
            return "<0x" + (digits.count == 1 ? "0" : "") + digits + ">"
        }
        var vocabulary = GGUFVocabulary(model: "llama", tokens: (tokens + bytes).map { Array($0.utf8) })
        vocabulary.tokenTypes = [2, 3, 3, 1, 1, 1, 1, 1, 1] + Array(repeating: 6, count: 256)
        vocabulary.scores = [0, 0, 0, -9, -9, -9, -1, -2, -3] + Array(repeating: 0, count: 256)
        return vocabulary
    }

    @Test func `joins pieces by their scores`() throws {
        let tokenizer = try Tokenizer(gguf: Self.scored())
        #expect(tokenizer.encode("ab é", addSpecialTokens: true) == [1, 8, 3, 9 + 0xC3, 9 + 0xA9])
        #expect(tokenizer.decode([1, 8, 3, 9 + 0xC3, 9 + 0xA9], skipSpecialTokens: true) == "ab é")
    }

    @Test(arguments: ["rwkv", "plamo2", "no_vocab", ""]) func `is refused when it is of another kind`(
        model: String
    ) {
        var vocabulary = Self.scored()
        vocabulary.model = model
        let error = #expect(throws: TokenizerError.self) { try Tokenizer(gguf: vocabulary) }
        #expect(error?.message.contains("known are bert, gemma4, gpt2, llama, t5") == true)
    }

    @Test func `is refused when its lists do not fit`() {
        var vocabulary = Self.scored()
        vocabulary.scores = [1]
        #expect(throws: TokenizerError.self) { try Tokenizer(gguf: vocabulary) }
        #expect(throws: TokenizerError.self) {
            try Tokenizer(gguf: GGUFVocabulary(model: "gpt2", tokens: []))
        }
    }

    /// Wrong types, scores that are no numbers, ids out of range, doubled and empty tokens.
    @Test(arguments: 1...4 as ClosedRange<UInt64>) func `never takes the process with it`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<60 {
            var vocabulary = Bool.random(using: &random) ? Self.scored() : Self.bytePairs("llama-bpe")
            vocabulary.model =
                ["gpt2", "llama", "bert", "t5", "gemma4"].randomElement(using: &random) ?? "t5"
            for _ in 0..<4 {
                let place = Int.random(in: 0..<vocabulary.tokens.count, using: &random)
                vocabulary.tokens[place] = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                vocabulary.tokenTypes[place] = .random(in: -1...7, using: &random)
                if !vocabulary.scores.isEmpty { vocabulary.scores[place] = .nan }
            }
            vocabulary.bosTokenID = [nil, 0, 5, .max].randomElement(using: &random) ?? nil
            vocabulary.unknownTokenID = [nil, 0, .max].randomElement(using: &random) ?? nil
            vocabulary.separatorTokenID = 0
            vocabulary.precompiledCharacterMap = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            guard let tokenizer = try? Tokenizer(gguf: vocabulary) else { continue }
            let ids = tokenizer.encode("ab <tool>é 123\u{0}", addSpecialTokens: true)
            _ = tokenizer.decode(ids + [.max], skipSpecialTokens: false)
        }
    }
}
