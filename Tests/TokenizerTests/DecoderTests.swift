import JSON
import TestSupport
import Testing
import Tokenizer

/// How tokens become text, stage by stage, as the reference does it.
@Suite struct `A decoder` {
    private static let vocabulary = [
        "▁hello", "▁", "##ing", "wor</w>", "ld</w>", "<pad>", "|", "a", "b", "<0xC3>", "<0xA9>", ".", "'s",
        "do",
    ]

    private func tokenizer(_ decoders: [JSONValue]) throws -> Tokenizer {
        var vocabulary = JSONObject()
        for (id, token) in Self.vocabulary.enumerated() { vocabulary[token] = .integer(Int64(id)) }
        return try Tokenizer(json: [
            "model": ["type": "BPE", "vocab": .object(vocabulary), "merges": []],
            "decoder": ["type": "Sequence", "decoders": .array(decoders)],
        ])
    }

    private func text(_ decoders: [JSONValue], _ tokens: String...) throws -> String {
        let tokenizer = try tokenizer(decoders)
        return tokenizer.decode(tokens.compactMap { tokenizer.id(of: $0) }, skipSpecialTokens: false)
    }

    @Test func `of word pieces joins what goes on a word`() throws {
        let plain: JSONValue = ["type": "WordPiece", "prefix": "##", "cleanup": false]
        #expect(try text([plain], "do", "##ing", "a", ".") == "doing a .")
        let clean: JSONValue = ["type": "WordPiece", "prefix": "##", "cleanup": true]
        #expect(try text([clean], "do", "##ing", "a", "'s", ".") == "doing a's.")
        #expect(try text([clean], "##ing") == "##ing")
    }

    @Test func `puts a space where a word ends, except at the end`() throws {
        let step: JSONValue = ["type": "BPEDecoder", "suffix": "</w>"]
        #expect(try text([step], "wor</w>", "ld</w>") == "wor ld")
    }

    @Test func `leaves out what is repeated between padding`() throws {
        let step: JSONValue = [
            "type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": true,
        ]
        #expect(try text([step], "a", "a", "<pad>", "a", "|", "b", "b") == "aa b")
    }

    @Test func `runs any stages one behind the other`() throws {
        let bytes: JSONValue = ["type": "ByteFallback"]
        let space: JSONValue = ["type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"]
        #expect(try text([bytes, space], "<0xC3>", "<0xA9>", "▁hello") == "é hello")
        #expect(try text([bytes, space], "▁hello", "<0xC3>", "a") == "hello\u{FFFD}a")
        let late: JSONValue = ["type": "Replace", "pattern": ["Regex": "a+"], "content": "-"]
        #expect(try text([["type": "Fuse"], late], "a", "a", "b") == "-b")
    }

    /// Random stages and tokens: what is streamed is what decoding at once gives.
    @Test(arguments: 1...3 as ClosedRange<UInt64>) func `streams what it decodes`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let stages: [JSONValue] = [
            ["type": "ByteFallback"], ["type": "Fuse"], ["type": "ByteLevel"],
            ["type": "WordPiece", "prefix": "##", "cleanup": true], ["type": "BPEDecoder", "suffix": "</w>"],
            ["type": "Strip", "content": " ", "start": 1, "stop": 1],
            ["type": "Metaspace", "replacement": "▁", "prepend_scheme": "first"],
            ["type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": true],
            ["type": "Replace", "pattern": ["String": "▁"], "content": " "],
        ]
        for _ in 0..<60 {
            let chosen = (0..<Int.random(in: 1...4, using: &random)).compactMap { _ in
                stages.randomElement(using: &random)
            }
            let tokenizer = try tokenizer(chosen)
            let ids = (0..<Int.random(in: 0...10, using: &random)).map { _ in
                UInt32.random(in: 0...14, using: &random)
            }
            var stream = tokenizer.streamDecoder(skipSpecialTokens: false)
            let streamed = ids.map { stream.push($0) }.joined() + stream.flush()
            let whole = tokenizer.decode(ids, skipSpecialTokens: false)
            #expect(Array(streamed.utf8) == Array(whole.utf8), "seed \(seed), \(chosen), \(ids)")
        }
    }
}
