import JSON
import Testing
import Tokenizer

/// How words are cut, as the reference cuts them; each case shows the pieces as they decode.
@Suite struct `A pre-tokenizer` {
    /// One id per word, because every word is taken whole.
    private func words(_ text: String, _ steps: [JSONValue]) throws -> [String] {
        let tokenizer = try SmallTokenizer.make([
            "pre_tokenizer": ["type": "Sequence", "pretokenizers": .array(steps)],
            "decoder": ["type": "ByteFallback"],
            "model": Self.wordModel(text),
        ])
        return tokenizer.encode(text, addSpecialTokens: false).map {
            tokenizer.decode([$0], skipSpecialTokens: false)
        }
    }

    /// A vocabulary of all substrings, where a word that is in it is taken whole.
    private static func wordModel(_ text: String) -> JSONValue {
        var vocabulary = JSONObject()
        let scalars = Array(text.unicodeScalars)
        for start in scalars.indices {
            for end in start..<scalars.count {
                let token = String(String.UnicodeScalarView(scalars[start...end]))
                if vocabulary[token] == nil { vocabulary[token] = .integer(Int64(vocabulary.count)) }
            }
        }
        return ["type": "BPE", "vocab": .object(vocabulary), "merges": [], "ignore_merges": true]
    }

    private func split(_ pattern: String, _ behavior: String, invert: Bool = false) -> JSONValue {
        [
            "type": "Split", "pattern": ["Regex": .string(pattern)], "behavior": .string(behavior),
            "invert": .bool(invert),
        ]
    }

    @Test(arguments: [
        ("Isolated", ["the", "-", "final", "-", "-", "countdown"]),
        ("Removed", ["the", "final", "countdown"]),
        ("MergedWithPrevious", ["the-", "final-", "-", "countdown"]),
        ("MergedWithNext", ["the", "-final", "-", "-countdown"]),
        ("Contiguous", ["the", "-", "final", "--", "countdown"]),
    ]) func `does with a match what the behaviour says`(behavior: String, expected: [String]) throws {
        #expect(try words("the-final--countdown", [split("-", behavior)]) == expected)
    }

    @Test func `takes what does not match when it is inverted`() throws {
        #expect(try words("ab12c", [split("[0-9]+", "Removed", invert: true)]) == ["12"])
    }

    @Test func `cuts step after step`() throws {
        let steps: [JSONValue] = [
            ["type": "WhitespaceSplit"], ["type": "Digits", "individual_digits": true],
        ]
        #expect(try words("ab 12\u{3000}x", steps) == ["ab", "1", "2", "x"])
    }

    @Test(arguments: [
        (#"\p{N}{1,3}"#, "12345", ["123", "45"]), (#"\p{N}{2}+"#, "12345", ["1234", "5"]),
        (#"[\p{L}&&[^a-c]]+"#, "abxyc", ["ab", "xy", "c"]), (#"[x[yz]]+"#, "axyzb", ["a", "xyz", "b"]),
        (#"\s+"#, "a\u{180E} b", ["a\u{180E}", " ", "b"]), (#"\w+"#, "a\u{301}.b", ["a\u{301}", ".", "b"]),
        (#"\h+"#, "xbadx", ["x", "bad", "x"]), (#"\u4e2d"#, "a中b", ["a", "中", "b"]),
        (#"[[:alpha:]]+"#, "1ab2", ["1", "ab", "2"]), (#"(?i:'S)"#, "a's", ["a", "'s"]),
        (#"x*"#, "axxb", ["a", "xx", "b"]), (#"(?<=[a-z])(?=[A-Z])"#, "aBcD", ["a", "Bc", "D"]),
    ]) func `reads patterns as Oniguruma does`(pattern: String, text: String, expected: [String]) throws {
        #expect(try words(text, [split(pattern, "Isolated")]) == expected)
    }
}

@Suite struct `A post-processor` {
    static let template: JSONValue = [
        "type": "TemplateProcessing",
        "single": [["SpecialToken": ["id": "<s>", "type_id": 0]], ["Sequence": ["id": "A", "type_id": 0]]],
        "pair": [
            ["Sequence": ["id": "A", "type_id": 0]], ["SpecialToken": ["id": "<s>", "type_id": 1]],
            ["Sequence": ["id": "B", "type_id": 1]],
        ],
        "special_tokens": ["<s>": ["id": "<s>", "ids": [265], "tokens": ["<s>"]]],
    ]

    @Test func `puts special tokens around the text when they are wanted`() throws {
        let tokenizer = try SmallTokenizer.make(["post_processor": Self.template])
        #expect(tokenizer.encode("b", addSpecialTokens: true) == [265, 98])
        #expect(tokenizer.encode("b", addSpecialTokens: false) == [98])
    }

    @Test func `says of a pair which text an id belongs to`() throws {
        let tokenizer = try SmallTokenizer.make(["post_processor": Self.template])
        let pair = tokenizer.encode("b", pair: "c", addSpecialTokens: true)
        #expect(pair.ids == [98, 265, 99])
        #expect(pair.typeIDs == [0, 1, 1])
    }
}
