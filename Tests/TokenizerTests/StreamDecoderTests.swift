import JSON
import TestSupport
import Testing
import Tokenizer

@Suite struct `A stream decoder` {
    @Test func `holds a character back until it is whole`() throws {
        let tokenizer = try SmallTokenizer.make()
        var stream = tokenizer.streamDecoder(skipSpecialTokens: false)
        #expect("😀é".utf8.map { stream.push(UInt32($0)) } == ["", "", "", "😀", "", "é"])
        #expect(stream.flush() == "")
    }

    @Test func `gives up on bytes as soon as they cannot become a character`() throws {
        let tokenizer = try SmallTokenizer.make()
        var stream = tokenizer.streamDecoder(skipSpecialTokens: false)
        #expect(
            [0xE4, 0xB8, 0x61, 0xED, 0xA0, 0xF0].map { stream.push($0) } == [
                "", "", "\u{FFFD}a", "", "\u{FFFD}\u{FFFD}", "",
            ]
        )
        #expect(stream.flush() == "\u{FFFD}")
    }

    /// Random bytes and tokens, cut one by one, against the text decoded at once.
    @Test(arguments: [1, 2, 3] as [UInt64]) func `gives what decoding at once gives`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let tokenizer = try SmallTokenizer.make()
        for _ in 0..<300 {
            let ids = (0..<Int.random(in: 0...12, using: &random)).map { _ -> UInt32 in
                Bool.random(using: &random)
                    ? .random(in: 0...275, using: &random) : .random(in: 0x80...0xFF, using: &random)
            }
            for skips in [false, true] {
                var stream = tokenizer.streamDecoder(skipSpecialTokens: skips)
                let pieces = ids.map { stream.push($0) }
                let text = pieces.joined() + stream.flush()
                #expect(text == tokenizer.decode(ids, skipSpecialTokens: skips), "seed \(seed), \(ids)")
                let kept = ids.filter { $0 < 256 && !skips || $0 < 256 }.map { UInt8($0) }
                if kept.count == ids.count { #expect(text == String(decoding: kept, as: UTF8.self)) }
            }
        }
    }

    @Test func `is a value: a copy goes its own way`() throws {
        let tokenizer = try SmallTokenizer.make()
        var first = tokenizer.streamDecoder(skipSpecialTokens: false)
        #expect(first.push(0xC3) == "")
        var second = first
        #expect(first.push(0xA9) == "é")
        #expect(second.push(0xA4) == "ä")
    }

    @Test func `gives one replacement for each byte of a broken fallback run`() throws {
        let tokenizer = try Tokenizer(json: Self.fallback)
        #expect(tokenizer.decode([0xE4, 0xB8, 0xAD, 256], skipSpecialTokens: false) == "中 a")
        #expect(tokenizer.decode([0xE4, 0xB8, 256], skipSpecialTokens: false) == "\u{FFFD}\u{FFFD} a")
        var stream = tokenizer.streamDecoder(skipSpecialTokens: false)
        #expect([0xE4, 0xB8, 0xAD, 256].map { stream.push($0) } == ["", "", "", "中 a"])
    }

    @Test func `ends a character or a run where something else than text follows, and goes on behind it`()
        throws
    {
        var bytes = try SmallTokenizer.make().streamDecoder(skipSpecialTokens: false)
        _ = bytes.push(0xE4)
        #expect(bytes.endCharacter() == "\u{FFFD}")
        #expect(bytes.endCharacter() == "" && bytes.push(0x61) == "a")
        var run = try Tokenizer(json: Self.fallback).streamDecoder(skipSpecialTokens: false)
        #expect([0xE4, 0xB8, 0xAD].map { run.push($0) } == ["", "", ""])
        // The run is whole, and was only held back for what could have followed.
        #expect(run.endCharacter() == "中")
        #expect(run.push(256) == " a" && run.flush() == "")
    }

    @Test func `strips the start of the whole text only`() throws {
        let tokenizer = try Tokenizer(json: Self.fallback)
        #expect(tokenizer.decode([256, 256], skipSpecialTokens: false) == "a a")
    }

    private static let fallback: JSONValue = {
        var vocabulary = JSONObject()
        for byte in 0..<256 {
            let digits = String(byte, radix: 16, uppercase: true)
            vocabulary["<0x" + (digits.count == 1 ? "0" : "") + digits + ">"] = .integer(Int64(byte))
        }
        vocabulary["▁a"] = 256
        return [
            "model": ["type": "BPE", "vocab": .object(vocabulary), "merges": [], "byte_fallback": true],
            "decoder": [
                "type": "Sequence",
                "decoders": [
                    ["type": "Replace", "pattern": ["String": "▁"], "content": " "], ["type": "ByteFallback"],
                    ["type": "Fuse"], ["type": "Strip", "content": " ", "start": 1, "stop": 0],
                ],
            ],
        ]
    }()
}
