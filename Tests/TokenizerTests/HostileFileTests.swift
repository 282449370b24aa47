import JSON
import TestSupport
import Testing
import Tokenizer

@Suite struct `A broken tokenizer file` {
    @Test(arguments: [
        (#"[]"#, "the tokenizer file must be a JSON object"), (#"{}"#, "model.type must be a string"),
        (#"{"model":{"type":"Magic"}}"#, "model.type is \"Magic\""),
        (#"{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}}"#, "model.vocab[\"a\"] must be a token id"),
        (
            #"{"model":{"type":"BPE","vocab":{"a":4194304},"merges":[]}}"#,
            "model.vocab[\"a\"] must be a token id from 0 to 4194303"
        ),
        (#"{"model":{"type":"BPE","vocab":{"a":1.5},"merges":[]}}"#, "model.vocab[\"a\"] must be a token id"),
        (
            #"{"model":{"type":"BPE","vocab":{},"merges":["a b"]}}"#,
            "model.merges[0] names a token that is not"
        ),
        (
            #"{"model":{"type":"BPE","vocab":{"a":0},"merges":["a a"]}}"#,
            "model.merges[0] makes a token that is not"
        ),
        (#"{"model":{"type":"BPE","vocab":{"a":0},"merges":["a"]}}"#, "model.merges[0] must be two tokens"),
        (#"{"model":{"type":"BPE","vocab":{"a":0},"merges":[7]}}"#, "model.merges[0] must be two tokens"),
        (#"{"model":{"type":"BPE","vocab":{"a":0}}}"#, "model.merges must be a list"),
        (#"{"model":{"type":"BPE","vocab":{},"merges":[],"dropout":0.1}}"#, "model.dropout asks for random"),
        (#"{"model":{"type":"Unigram","vocab":[["a",0]],"unk_id":1}}"#, "model.unk_id is not in the vocab"),
        (#"{"model":{"type":"Unigram","vocab":[["a"]]}}"#, "model.vocab[0] must be a token and its score"),
        (#"{"model":{"type":"WordPiece","vocab":[]}}"#, "model.vocab must be an object"),
    ]) func `is refused in a sentence that names the field`(text: String, problem: String) throws {
        let json = try JSONValue(parsing: text)
        let error = #expect(throws: TokenizerError.self) { try Tokenizer(json: json) }
        #expect(error?.message.hasPrefix(problem) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [
        (
            "normalizer", #"{"type":"Sequence","normalizers":[{"type":"Not"}]}"#,
            "normalizer.normalizers[0].type is \"Not\""
        ),
        ("pre_tokenizer", #"{"type":"Odd"}"#, "pre_tokenizer.type is \"Odd\""),
        (
            "pre_tokenizer", #"{"type":"Split","pattern":{"Regex":"(a"},"behavior":"Isolated"}"#,
            "pre_tokenizer.pattern.Regex"
        ),
        (
            "pre_tokenizer", #"{"type":"Split","pattern":{"Regex":"a"},"behavior":"Eaten"}"#,
            "pre_tokenizer.behavior"
        ),
        (
            "pre_tokenizer", #"{"type":"Split","pattern":{},"behavior":"Isolated"}"#,
            "pre_tokenizer.pattern must have"
        ),
        (
            "decoder", #"{"type":"Sequence","decoders":[{"type":"Fuse"},{"type":"Byte"}]}"#,
            "decoder.decoders[1].type is \"Byte\""
        ),
        (
            "decoder", #"{"type":"Strip","content":"","start":1,"stop":0}"#,
            "decoder.content must be one character"
        ),
        ("decoder", #"{"type":"Strip","content":" ","start":-1,"stop":0}"#, "decoder.start must be a count"),
        (
            "post_processor", #"{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}}]}"#,
            "post_processor.special_tokens.x.ids"
        ),
        ("added_tokens", #"[{"id":-5,"content":"x"}]"#, "added_tokens[0].id"),
        ("added_tokens", #"[{"id":5}]"#, "added_tokens[0].content"),
        ("added_tokens", #"7"#, "added_tokens must be a list"),
    ]) func `is refused for each of its parts`(part: String, text: String, problem: String) throws {
        let json = SmallTokenizer.file([part: try JSONValue(parsing: text)])
        let error = #expect(throws: TokenizerError.self) { try Tokenizer(json: json) }
        #expect(error?.message.hasPrefix(problem) == true, "\(error?.message ?? "")")
    }

    @Test func `is refused when sequences nest too deep`() {
        var step: JSONValue = ["type": "NFC"]
        for _ in 0..<40 { step = ["type": "Sequence", "normalizers": [step]] }
        #expect(throws: TokenizerError.self) { try SmallTokenizer.make(["normalizer": step]) }
    }

    /// Hundreds of files with random damage: each loads and works, or is refused.
    @Test(arguments: 1...4 as ClosedRange<UInt64>) func `never takes the process with it`(seed: UInt64) throws
    {
        var random = SplitMix64(seed: seed)
        let whole = SmallTokenizer.file([
            "normalizer": [
                "type": "Sequence", "normalizers": [["type": "NFKC"], ["type": "Prepend", "prepend": "a"]],
            ],
            "pre_tokenizer": [
                "type": "Sequence",
                "pretokenizers": [
                    [
                        "type": "Split", "pattern": ["Regex": #"[\p{L}&&[^x]]+|\s{1,3}+"#],
                        "behavior": "Isolated",
                    ],
                    ["type": "ByteLevel", "add_prefix_space": true, "use_regex": true],
                ],
            ],
            "post_processor": `A post-processor`.template,
        ])
        var bytes = whole.serialized
        // The vocabulary is most of the file; damage should meet the rest as often.
        let start = bytes.count
        bytes += Array(repeating: 0x20, count: 1)
        for _ in 0..<50 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<start, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: damaged[place] = UInt8.random(in: 0x20...0x7E, using: &random)
                case 1: damaged.remove(at: place)
                default: damaged.insert(bytes[Int.random(in: 0..<start, using: &random)], at: place)
                }
            }
            guard let json = try? JSONValue(parsing: damaged), let tokenizer = try? Tokenizer(json: json)
            else { continue }
            let ids = tokenizer.encode("hello <s> word\u{301} 123", pair: "aaaa", addSpecialTokens: true).ids
            _ = tokenizer.decode(ids + [.max, 300], skipSpecialTokens: true)
        }
    }

    /// The same by structure: whole members are dropped, swapped or replaced.
    @Test(arguments: 1...4 as ClosedRange<UInt64>) func `never takes the process with it, part by part`(
        seed: UInt64
    ) throws {
        var random = SplitMix64(seed: seed)
        let whole = SmallTokenizer.file(["post_processor": `A post-processor`.template])
        for _ in 0..<50 {
            let damaged = Self.damaged(whole, &random, depth: 0)
            guard let tokenizer = try? Tokenizer(json: damaged) else { continue }
            let ids = tokenizer.encode("hello <s> word 123", addSpecialTokens: true)
            _ = tokenizer.decode(ids, skipSpecialTokens: false)
        }
    }

    private static func damaged(_ value: JSONValue, _ random: inout SplitMix64, depth: Int) -> JSONValue {
        let replacements: [JSONValue] = [
            nil, true, -1, 4_294_967_296, 1.5, "", "é", [], [:], .string("Sequence"),
        ]
        if Int.random(in: 0..<(depth == 0 ? 1000 : 6), using: &random) == 0 {
            return replacements.randomElement(using: &random) ?? nil
        }
        switch value {
        case .object(let object) where object.count < 20 && object.count > 0:
            var copy = object
            guard let key = object.keys.randomElement(using: &random), let member = object[key] else {
                return value
            }
            copy[key] = damaged(member, &random, depth: depth + 1)
            return .object(copy)
        case .array(let elements) where !elements.isEmpty:
            var copy = elements
            let place = Int.random(in: 0..<elements.count, using: &random)
            copy[place] = damaged(elements[place], &random, depth: depth + 1)
            return .array(copy)
        default: return replacements.randomElement(using: &random) ?? nil
        }
    }
}
