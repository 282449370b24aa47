import JSON
import Testing
import Tokenizer

/// What each kind of model makes of a word.
@Suite struct `A model` {
    private func tokenizer(_ model: JSONValue, _ parts: JSONObject = [:]) throws -> Tokenizer {
        var file: JSONObject = ["model": model]
        for (key, value) in parts { file[key] = value }
        return try Tokenizer(json: .object(file))
    }

    private func tokens(_ tokenizer: Tokenizer, _ text: String) -> [String] {
        tokenizer.encode(text, addSpecialTokens: false).map {
            tokenizer.decode([$0], skipSpecialTokens: false)
        }
    }

    static let unigram: JSONValue = [
        "type": "Unigram", "unk_id": 0,
        "vocab": [
            ["<unk>", 0.0], ["a", 0.0], ["b", 0.0], ["c", 0.0], ["d", 0.0], ["cd", 1.0], ["ab", 2.0],
            ["abc", 5.0], ["abcd", 10.0],
        ],
    ]

    @Test func `of unigrams takes the way with the highest sum`() throws {
        let tokenizer = try tokenizer(Self.unigram)
        #expect(tokens(tokenizer, "abcdacd") == ["abcd", "a", "cd"])
        #expect(tokens(tokenizer, "abcab") == ["abc", "ab"])
    }

    @Test func `of unigrams joins unknown characters, or writes their bytes`() throws {
        let plain = try tokenizer(Self.unigram)
        #expect(plain.encode("axyza", addSpecialTokens: false) == [1, 0, 1])
        guard case .object(var model) = Self.unigram, var vocabulary = model["vocab"]?.arrayValue else {
            return
        }
        vocabulary += (0..<256).map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return [.string("<0x" + (digits.count == 1 ? "0" : "") + digits + ">"), -20.0]
        }
        model["vocab"] = .array(vocabulary)
        model["byte_fallback"] = true
        let bytes = try tokenizer(.object(model))
        #expect(bytes.encode("aé", addSpecialTokens: false) == [1, 9 + 0xC3, 9 + 0xA9])
    }

    @Test func `of unigrams leaves out what is unknown where it has no token for that`() throws {
        guard case .object(var model) = Self.unigram else { return }
        model["unk_id"] = .null
        #expect(try tokens(tokenizer(.object(model)), "axb") == ["a", "b"])
    }

    private static let wordPiece: JSONValue = [
        "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 8,
        "vocab": ["[UNK]": 0, "un": 1, "##aff": 2, "##able": 3, "##a": 4, "una": 5],
    ]

    @Test func `of word pieces takes the longest token each time`() throws {
        let tokenizer = try tokenizer(Self.wordPiece)
        #expect(tokenizer.encode("unaa", addSpecialTokens: false) == [5, 4])
        #expect(tokenizer.encode("unaffa", addSpecialTokens: false) == [0])
        #expect(tokenizer.encode("unable", addSpecialTokens: false) == [0])
        #expect(tokenizer.encode("unaaaaaaa", addSpecialTokens: false) == [0])
    }

    @Test func `of whole words knows a word or does not`() throws {
        let tokenizer = try tokenizer(
            ["type": "WordLevel", "unk_token": "?", "vocab": ["?": 0, "hello": 1]],
            ["pre_tokenizer": ["type": "Whitespace"]]
        )
        #expect(tokenizer.encode("hello, hello", addSpecialTokens: false) == [1, 0, 1])
    }

    @Test func `of byte pairs marks the ends and the insides of words`() throws {
        let ends = try tokenizer(
            [
                "type": "BPE", "end_of_word_suffix": "</w>", "merges": ["a b</w>"],
                "vocab": ["a": 0, "b</w>": 1, "ab</w>": 2, "b": 3],
            ]
        )
        #expect(ends.encode("ab", addSpecialTokens: false) == [2])
        #expect(ends.encode("bab", addSpecialTokens: false) == [3, 2])
        let insides = try tokenizer(
            [
                "type": "BPE", "continuing_subword_prefix": "##", "merges": ["a ##b"],
                "vocab": ["a": 0, "##b": 1, "ab": 2],
            ]
        )
        #expect(insides.encode("abb", addSpecialTokens: false) == [2, 1])
    }

    @Test(arguments: [(false, [1, 0, 0, 1]), (true, [1, 0, 1])] as [(Bool, [UInt32])])
    func `of byte pairs joins unknown characters where it is told to`(fuses: Bool, expected: [UInt32]) throws
    {
        let tokenizer = try tokenizer([
            "type": "BPE", "unk_token": "?", "fuse_unk": .bool(fuses), "merges": [],
            "vocab": ["?": 0, "a": 1],
        ])
        #expect(tokenizer.encode("axya", addSpecialTokens: false) == expected)
    }

    @Test func `of byte pairs does the same with a word however it is cut at fillers`() throws {
        let model: JSONObject = [
            "type": "BPE", "merges": ["▁ a", "▁a b", "a b"],
            "vocab": ["▁": 0, "a": 1, "b": 2, "▁a": 3, "▁ab": 4, "ab": 5],
        ]
        let replace: JSONValue = ["type": "Replace", "pattern": ["String": " "], "content": "▁"]
        let tokenizer = try tokenizer(.object(model), ["normalizer": replace])
        let ids = tokenizer.encode(String(repeating: " ab  abab", count: 40), addSpecialTokens: false)
        #expect(ids == (0..<40).flatMap { _ in [4, 0, 4, 5] as [UInt32] })
    }

    @Test func `is recognised without a name`() throws {
        #expect(try tokens(tokenizer(["vocab": [["a", 0.0]], "unk_id": 0]), "a") == ["a"])
        #expect(try tokens(tokenizer(["vocab": ["a": 0], "unk_token": "a"]), "b") == ["a"])
        #expect(try tokens(tokenizer(["vocab": ["a": 0], "merges": []]), "a") == ["a"])
    }
}
