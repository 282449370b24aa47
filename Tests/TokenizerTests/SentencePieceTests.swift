import JSON
import TestSupport
import Testing
import Tokenizer

/// Two small models with everything in them: a map of characters, symbols of the user's own, control pieces,
/// byte fallback; with ids and texts as SentencePiece 0.2.3 gives them.
@Suite struct `A SentencePiece model` {
    static let names = ["unigram", "bpe"]

    private static func path(_ file: String) -> String {
        PackageFolder.path + "/Tests/TokenizerTests/Fixtures/sentencepiece/" + file
    }

    private static func bytes(_ name: String) throws -> [UInt8] {
        try TestFile.bytes(of: path("\(name).model"))
    }

    private static func cases(_ name: String) throws -> [JSONValue] {
        try JSONValue(parsing: try TestFile.bytes(of: path("\(name).json")))["cases"]?.arrayValue ?? []
    }

    @Test(arguments: names) func `gives the ids of the reference`(name: String) throws {
        let tokenizer = try Tokenizer(sentencePiece: Self.bytes(name))
        for entry in try Self.cases(name) {
            guard let text = entry["text"]?.stringValue else { continue }
            let ids = tokenizer.encode(text, addSpecialTokens: false, parseSpecialTokens: false)
            #expect(ids == entry["ids"]?.ids, "\(text.debugDescription)")
        }
    }

    @Test(arguments: names) func `gives the texts of the reference`(name: String) throws {
        let tokenizer = try Tokenizer(sentencePiece: Self.bytes(name))
        for entry in try Self.cases(name) {
            guard let expected = entry["decoded"]?.stringValue else { continue }
            let ids = try #require(entry["ids"]?.ids)
            let decoded = tokenizer.decode(ids, skipSpecialTokens: true)
            #expect(Array(decoded.utf8) == Array(expected.utf8), "\(ids)")
            var stream = tokenizer.streamDecoder(skipSpecialTokens: true)
            #expect(ids.map { stream.push($0) }.joined() + stream.flush() == decoded, "\(ids)")
        }
    }

    @Test func `puts around a text what the configuration says`() throws {
        let bytes = try Self.bytes("bpe")
        let bare = try Tokenizer(sentencePiece: bytes)
        let plain = bare.encode("the", addSpecialTokens: true)
        let llama = try Tokenizer(sentencePiece: bytes, configuration: ["tokenizer_class": "LlamaTokenizer"])
        #expect(llama.encode("the", addSpecialTokens: true) == [1] + plain)
        let both = try Tokenizer(sentencePiece: bytes, configuration: ["add_eos_token": true])
        #expect(both.encode("the", addSpecialTokens: true) == [1] + plain + [2])
        let end = try Tokenizer(sentencePiece: bytes, configuration: ["tokenizer_class": "T5Tokenizer"])
        #expect(end.encode("the", addSpecialTokens: true) == plain + [2])
        #expect(throws: TokenizerError.self) {
            try Tokenizer(sentencePiece: bytes, configuration: ["bos_token": "<nowhere>"])
        }
    }

    @Test func `finds control pieces only where special tokens are wanted`() throws {
        let tokenizer = try Tokenizer(sentencePiece: Self.bytes("bpe"))
        let ids = tokenizer.encode("<s>the", addSpecialTokens: false)
        #expect(ids.first == 1)
        #expect(!tokenizer.encode("<s>", addSpecialTokens: false, parseSpecialTokens: false).contains(1))
        #expect(tokenizer.decode([1], skipSpecialTokens: false) == "<s>")
        #expect(tokenizer.decode([1], skipSpecialTokens: true).isEmpty)
    }

    @Test func `puts a space behind special tokens only where it is told to`() throws {
        let bytes = try Self.bytes("bpe")
        let legacy = try Tokenizer(sentencePiece: bytes, configuration: ["legacy": true])
        let plain = try Tokenizer(sentencePiece: bytes, configuration: ["legacy": false])
        #expect(
            legacy.encode("<s>the", addSpecialTokens: false)
                != plain.encode("<s>the", addSpecialTokens: false)
        )
        #expect(legacy.encode("the", addSpecialTokens: false) == plain.encode("the", addSpecialTokens: false))
    }

    @Test func `is refused when it is none`() throws {
        #expect(throws: TokenizerError.self) { try Tokenizer(sentencePiece: []) }
        #expect(throws: TokenizerError.self) { try Tokenizer(sentencePiece: Array("{}".utf8)) }
        let bytes = try Self.bytes("bpe")
        for length in stride(from: 0, to: bytes.count, by: 97) {
            _ = try? Tokenizer(sentencePiece: Array(bytes[..<length]))
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>) func `never takes the process with it`(seed: UInt64) throws
    {
        var random = SplitMix64(seed: seed)
        let whole = try Self.bytes(seed % 2 == 0 ? "bpe" : "unigram")
        for _ in 0..<40 {
            var damaged = whole
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                damaged[Int.random(in: 0..<damaged.count, using: &random)] = .random(
                    in: 0...255,
                    using: &random
                )
            }
            guard let tokenizer = try? Tokenizer(sentencePiece: damaged) else { continue }
            let ids = tokenizer.encode("the ﬁ  <usr> e\u{301} 中", addSpecialTokens: true)
            _ = tokenizer.decode(ids + [.max, 0, 1, 2], skipSpecialTokens: false)
        }
    }
}
