import JSON
import Tokenizer

/// A byte-level tokenizer that fits on a page: the byte alphabet and a handful of merges.
enum SmallTokenizer {
    /// Every byte's character as GPT-2 writes it, in the order of the bytes.
    static let alphabet: [String] = {
        var shifted: UInt32 = 0x100
        return (0..<256).map { byte in
            let isItself = (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || byte >= 0xAE
            defer { if !isItself { shifted += 1 } }
            return String(Unicode.Scalar(isItself ? UInt32(byte) : shifted) ?? " ")
        }
    }()

    static let merges: [(String, String)] = [
        ("a", "a"), ("aa", "aa"), ("l", "l"), ("h", "e"), ("he", "ll"), ("hell", "o"), ("Ġ", "hello"),
        ("b", "c"),
        ("a", "bc"),
    ]

    static func file(_ changes: [String: JSONValue] = [:]) -> JSONValue {
        var vocabulary = JSONObject()
        for (id, token) in alphabet.enumerated() { vocabulary[token] = .integer(Int64(id)) }
        for (left, right) in merges { vocabulary[left + right] = .integer(Int64(vocabulary.count)) }
        var file: JSONObject = [
            "added_tokens": [
                ["id": 265, "content": "<s>", "special": true],
                ["id": 266, "content": "<tool>", "special": false],
                ["id": 267, "content": "<mask>", "special": true, "lstrip": true, "rstrip": true],
                ["id": 268, "content": "word", "special": false, "single_word": true, "normalized": false],
            ],
            "pre_tokenizer": ["type": "ByteLevel", "add_prefix_space": false, "use_regex": true],
            "decoder": ["type": "ByteLevel"],
            "model": [
                "type": "BPE", "vocab": .object(vocabulary),
                "merges": .array(merges.map { .string("\($0.0) \($0.1)") }),
            ],
        ]
        for (key, value) in changes { file[key] = value }
        return .object(file)
    }

    static func make(_ changes: [String: JSONValue] = [:]) throws -> Tokenizer {
        try Tokenizer(json: file(changes))
    }
}
