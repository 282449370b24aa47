/// How a byte-pair model of a GGUF file cuts text into words, by the name in `tokenizer.ggml.pre`.
///
/// The patterns and flags are llama.cpp's; each pattern cuts the pieces that the one before it left.
struct WordCutting: Sendable {
    var patterns: [String]
    var ignoresMerges = false
    var addsBOS = false
    /// Words are written in the byte alphabet; otherwise as they are, with fillers for spaces.
    var isByteLevel = true

    /// nil when no cutting has the name.
    init?(name: String) {
        guard let cutting = Self.byName[name] else { return nil }
        self = cutting
    }

    private init(_ patterns: [String], ignoresMerges: Bool = false, addsBOS: Bool = false) {
        self.patterns = patterns
        self.ignoresMerges = ignoresMerges
        self.addsBOS = addsBOS
    }

    static var names: [String] { byName.keys.sorted() }

    /// The steps that cut as the patterns say.
    func steps() throws(TokenizerError) -> [PreTokenizer.Step] {
        var steps: [PreTokenizer.Step] = []
        for pattern in patterns {
            let pattern = try Pattern(
                expression: Array(pattern.utf8),
                path: "the pattern of tokenizer.ggml.pre"
            )
            steps.append(.split(PreTokenizer.Split(pattern: pattern, behavior: .isolated)))
        }
        if isByteLevel { steps.append(.byteLevel(addsPrefixSpace: false, words: nil)) }
        return steps
    }

    // MARK: - Patterns

    private static let endings = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
    private static let spaces = #"\s*[\r\n]+|\s+(?!\S)|\s+"#
    private static let symbols = #" ?[^\s\p{L}\p{N}]+[\r\n]*"#
    private static let letters = #"[^\r\n\p{L}\p{N}]?\p{L}+"#

    private static let gpt2 = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
    private static let llama3 = #"\#(endings)|\#(letters)|\p{N}{1,3}|\#(symbols)|\#(spaces)"#
    private static let qwen2 = #"\#(endings)|\#(letters)|\p{N}|\#(symbols)|\#(spaces)"#
    private static let lines = #"[^\n]+|[\n]+"#

    /// Words by the case of their letters: `letter` may be extended by marks.
    private static func cased(_ letter: String, endings: String, digits: String) -> String {
        let upper = #"(?:(?=[\#(letter)])[^a-z])"#
        let lower = #"(?:(?=[\#(letter)])[^A-Z])"#
        let start = #"[^\r\n\p{L}\p{N}]?"#
        return #"\#(start)\#(upper)*\#(lower)+\#(endings)|\#(start)\#(upper)+\#(lower)*\#(endings)|"#
            + #"\#(digits)| ?[^\s\p{L}\p{N}]+[\r\n/]*|\#(spaces)"#
    }

    private static let marked =
        ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"##
    private static let deepseek3 = marked + #"| ?[\p{P}\p{S}]+[\r\n]*|"# + spaces
    private static let ideographs = #"[\x{4E00}-\x{9FA5}\x{3040}-\x{30FF}]+"#
    /// Everything from U+0800 to the ideographs, and Korean.
    private static let asian = #"[\x{800}-\x{9FA5}\x{AC00}-\x{D7FF}&&[^\s]]+"#
    private static let han =
        #"\x{4E00}-\x{9FFF}\x{3400}-\x{4DBF}\x{20000}-\x{2A6DF}\x{2A700}-\x{2EBEF}"#
        + #"\x{F900}-\x{FAFF}\x{2F800}-\x{2FA1F}"#

    // MARK: - Names

    private static let byName: [String: WordCutting] = {
        var byName: [String: WordCutting] = [:]
        func add(_ names: String, _ cutting: WordCutting) {
            for name in names.split(separator: " ") { byName[String(name)] = cutting }
        }
        addClassic(add)
        addCased(add)
        addIdeographic(add)
        addOthers(add)
        return byName
    }()

    private static func addClassic(_ add: (String, WordCutting) -> Void) {
        add(
            "gpt-2 phi-2 jina-es jina-de gigachat jina-v2-es jina-v2-de a.x-4.0 mellum modern-bert "
                + "jina-v1-en jina-v2-code roberta-bpe mpt olmo jais trillion granite-docling exaone4",
            WordCutting([gpt2])
        )
        add(
            "starcoder refact command-r smollm codeshell exaone minerva-7b mellum2",
            WordCutting([#"\p{N}"#, gpt2])
        )
        add(
            "llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano",
            WordCutting([llama3], ignoresMerges: true, addsBOS: true)
        )
        add("dbrx smaug-bpe chatglm-bpe", WordCutting([llama3]))
        add("glm4 glm5", WordCutting([llama3], ignoresMerges: true))
        add(
            "qwen2 deepseek-r1-qwen kormo f2llmv2 megrez stablelm2 hunyuan solar-open grok-2",
            WordCutting([qwen2])
        )
        add("laguna", WordCutting([lines, qwen2]))
        add("ufakzeka", WordCutting([#"\#(letters)|\p{N}|\#(symbols)|\#(spaces)"#]))
        add(
            "minicpm5",
            WordCutting(
                [#"\p{N}{1,3}"#, #"\#(endings)|\#(letters)|\p{N}+|\#(symbols)|\#(spaces)"#],
                ignoresMerges: true
            )
        )
        add(
            "qwen35",
            WordCutting([
                #"\#(endings)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}|"#
                    + #" ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\#(spaces)"#
            ])
        )
        add(
            "bailingmoe bailingmoe2 llada-moe",
            WordCutting([
                #"'(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])|\#(letters)|\p{N}|\#(symbols)|"#
                    + #"\s*[\r\n]|\s+(?!\S)|\s+"#
            ])
        )
        add(
            "seed-coder",
            WordCutting([#"\#(endings)|\#(letters)|\p{N}| ?[^\s\p{L}\p{N}\r\n]+|\#(spaces)"#])
        )
    }

    private static func addCased(_ add: (String, WordCutting) -> Void) {
        add(
            "tekken",
            WordCutting(
                [cased(#"\p{L}"#, endings: "", digits: #"\p{N}"#)],
                ignoresMerges: true,
                addsBOS: true
            )
        )
        add(
            "gpt-4o llama4 kanana2 talkie minimax-m2",
            WordCutting([cased(#"\p{L}"#, endings: "\(endings)?", digits: #"\p{N}{1,3}"#)])
        )
        add(
            "granite-embed-multi-97m",
            WordCutting(
                [cased(#"\p{L}\p{M}"#, endings: "\(endings)?", digits: #"\p{N}{1,3}"#)],
                ignoresMerges: true
            )
        )
        // Upper and lower case are not told apart here.
        let word = #"[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+\#(endings)?"#
        let rest = #" ?[^\s\p{L}\p{N}]+[\r\n/]*|\#(spaces)"#
        add("tiny_aya cohere2moe", WordCutting([DigitGroups.merging, #"\#(word)|\p{N}{1,3}|\#(rest)"#]))
        add(
            "youtu",
            WordCutting(
                [
                    #"[\x{AC00}-\x{D7A3}\x{3131}-\x{318E}]+|[\#(CharacterRanges.eastAsianMarks)]+|"#
                        + #"[\x{3105}-\x{312F}]+|\#(ideographs)"#,
                    #"\#(word)|\p{N}|\#(rest)"#,
                ],
                ignoresMerges: true
            )
        )
    }

    private static func addIdeographic(_ add: (String, WordCutting) -> Void) {
        add(
            "deepseek-llm",
            WordCutting([
                #"[\r\n]"#, #"\s?[\#(CharacterRanges.european)]+"#,
                #"\s?[!-/:-~\x{FF01}-\x{FF0F}\x{FF1A}-\x{FF5E}\x{2018}-\x{201F}\x{3001}\x{3002}]+"#,
                #"\s+\z"#, asian, #"\p{N}+"#,
            ])
        )
        add(
            "deepseek-coder",
            WordCutting([#"[\r\n]"#, #"\s?\p{L}+"#, #"\s?\p{P}+"#, asian, #"\p{N}"#])
        )
        add(
            "deepseek-v3 hunyuan-dense joyai-llm hy_v4",
            WordCutting([#"\p{N}{1,3}"#, ideographs, deepseek3])
        )
        add(
            "spark2_5",
            WordCutting([
                #"\p{N}{1,3}"#, ideographs, marked + #"| ?[\p{P}\p{S}]+|[\r\n]|\s+(?!\S)|\s+"#, #"\p{N}"#,
            ])
        )
        add(
            "afmoe",
            WordCutting([
                DigitGroups.merging, #"[\#(CharacterRanges.eastAsian)]+"#, deepseek3,
            ])
        )
        add(
            "kimi-k2",
            WordCutting([
                #"[\#(han)]+|[^\r\n\p{L}\p{N}]?(?:(?![\#(han)])\p{L})+\#(endings)?|\p{N}{1,3}|"#
                    + #" ?[^\s\p{L}\p{N}]+[\r\n]*|\#(spaces)"#
            ])
        )
    }

    private static func addOthers(_ add: (String, WordCutting) -> Void) {
        add(
            "default",
            WordCutting([#"[\p{P}\$\+<=>\^~\|]+"#, gpt2, #"\p{N}+"#, "[0-9][0-9][0-9]"])
        )
        add("falcon", WordCutting([#"[\p{P}\$\+<=>\^~\|`]+"#, gpt2, "[0-9][0-9][0-9]"]))
        let words = #" ?[^(\s|.,!?\x{2026}\x{3002}\x{FF0C}\x{3001}\x{964}\x{6D4}\x{60C})]+"#
        add("poro-chat bloom gpt3-finnish", WordCutting([words]))
        add("viking", WordCutting([words, #"\p{N}"#]))
        add("superbpe", WordCutting([#"\p{N}+"#, DigitGroups.asciiBoundaries]))
        add(
            "chameleon",
            WordCutting(
                [
                    "<sentinel:[0-9]+>", "(?:IMGIMG)(?:[A-I]){1,4}Z", #"[\t\n]|    |  "#, #"\p{N}"#,
                    #"[\p{P}!-/:-@\[-`{-~]"#, gpt2,
                ],
                addsBOS: true
            )
        )
        add(
            "exaone-moe",
            WordCutting([
                #"\#(endings)|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}|"#
                    + #" ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+"#
            ])
        )
        add(
            "jais-2",
            WordCutting([
                #"\#(endings)|\#(letters)|\p{N}{1,3}|\#(symbols)|\s*[\r\n]+|"#
                    + [512, 256, 128, 64, 32, 16, 8, 4].map { #"\s{\#($0)}(?!\S)|"# }.joined()
                    + #"\s{1,2}(?!\S)|\s{1}"#
            ])
        )
        var raw = WordCutting([lines])
        raw.isByteLevel = false
        add("gemma4 granite-embed-multi-311m sarvam-moe", raw)
        raw.patterns = [#"\S+"#]
        add("whitespace", raw)
    }
}
