import JSON
import TestSupport

/// A model folder without weights: single bytes, some special tokens, and a chat template.
struct EchoFolder {
    static let signs = ["<|say|>", "<|said|>", "<|reply|>", "<|over|>"]

    let folder: TestFolder
    var path: String { folder.path }

    /// `added`: tokens that are no special ones.
    init(template: String, specials: [String] = [], added plain: [String] = []) throws {
        folder = try TestFolder()
        let added = (Self.signs + specials + plain).enumerated().map { index, text -> JSONValue in
            [
                "id": .integer(Int64(256 + index)), "content": .string(text),
                "special": .bool(!plain.contains(text)),
                "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
            ]
        }
        var vocabulary: JSONObject = [:]
        for (byte, letter) in Self.letters.enumerated() { vocabulary[letter] = .integer(Int64(byte)) }
        let bytes: JSONValue = [
            "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false,
        ]
        let tokenizer: JSONValue = [
            "version": "1.0", "added_tokens": .array(added), "normalizer": nil, "pre_tokenizer": bytes,
            "post_processor": nil, "decoder": bytes,
            "model": ["type": "BPE", "vocab": .object(vocabulary), "merges": []],
        ]
        _ = try folder.write("tokenizer.json", tokenizer.serialized)
        let config: JSONValue = ["model_type": "millrace_echo", "eos_token_id": 259]
        _ = try folder.write("config.json", config.serialized)
        let more: JSONValue = ["eos_token": "<|over|>", "chat_template": .string(template)]
        _ = try folder.write("tokenizer_config.json", more.serialized)
    }

    /// The letter that each byte is in a byte-level vocabulary.
    private static let letters: [String] = {
        var letters: [String] = []
        var next: UInt32 = 256
        for byte in 0..<256 as Range<UInt32> {
            let isPrintable = (33..<127).contains(byte) || (161..<173).contains(byte) || byte > 173
            letters.append(Unicode.Scalar(isPrintable ? byte : next).map { String($0) } ?? "")
            next += isPrintable ? 0 : 1
        }
        return letters
    }()
}
