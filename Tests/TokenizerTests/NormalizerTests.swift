import JSON
import Testing
import Tokenizer

/// What a normalizer makes of a text; seen through a model that writes every byte as a token.
@Suite struct `A normalizer` {
    static let bytes: JSONValue = {
        var vocabulary = JSONObject()
        for byte in 0..<256 {
            let digits = String(byte, radix: 16, uppercase: true)
            vocabulary["<0x" + (digits.count == 1 ? "0" : "") + digits + ">"] = .integer(Int64(byte))
        }
        return ["type": "BPE", "vocab": .object(vocabulary), "merges": [], "byte_fallback": true]
    }()

    private func normalized(_ text: String, _ steps: [JSONValue]) throws -> String {
        let tokenizer = try Tokenizer(json: [
            "model": Self.bytes, "normalizer": ["type": "Sequence", "normalizers": .array(steps)],
        ])
        let ids = tokenizer.encode(text, addSpecialTokens: false)
        return String(decoding: ids.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
    }

    @Test(arguments: [
        ("Lowercase", "ÀİΣ", "ài\u{307}σ"), ("NFD", "é", "e\u{301}"), ("NFKC", "ﬁ①", "fi1"),
        ("StripAccents", "e\u{301}\u{94D}", "e"), ("Nmt", "a\u{200B}b\u{1}c\u{2581}", "a bc "),
        ("ByteLevel", "é ", "Ã©Ġ"),
    ]) func `does what its name says`(type: String, text: String, expected: String) throws {
        let result = try normalized(text, [["type": .string(type)]])
        #expect(Array(result.unicodeScalars) == Array(expected.unicodeScalars))
    }

    @Test func `cleans text as BERT's first tokenizer did`() throws {
        let bert: JSONValue = ["type": "BertNormalizer", "lowercase": true, "strip_accents": nil]
        #expect(try normalized("Héllo\u{0}\t中x\u{AD}", [bert]) == "hello  中 x")
        let cased: JSONValue = ["type": "BertNormalizer", "lowercase": false, "handle_chinese_chars": false]
        #expect(try normalized("Hé中", [cased]) == "Hé中")
    }

    @Test func `replaces texts and patterns, prepends and strips`() throws {
        let steps: [JSONValue] = [
            ["type": "Strip", "strip_left": true, "strip_right": true],
            ["type": "Replace", "pattern": ["Regex": " {2,}"], "content": "▁"],
            ["type": "Replace", "pattern": ["String": " "], "content": "_"],
            ["type": "Prepend", "prepend": ">"],
        ]
        #expect(try normalized("  a   b c ", steps) == ">a▁b_c")
    }

    /// A map of one entry: the trie leads from `A` to the replacement at 0.
    @Test func `replaces by a map of characters`() throws {
        var units = Array(repeating: UInt32(0), count: 256)
        units[0] = 1 << 10  // the root's children are at 1 ^ byte
        units[1 ^ 0x41] = 0x41 | 1 << 8 | 2 << 10  // a text ends here; its value is at (1 ^ 0x41) ^ 2
        units[1 ^ 0x41 ^ 2] = 0x8000_0000
        var bytes: [UInt8] = [0, 4, 0, 0]
        for unit in units { bytes += (0..<4).map { UInt8(truncatingIfNeeded: unit >> UInt32($0 * 8)) } }
        bytes += Array("xy\0".utf8)
        let step: JSONValue = ["type": "Precompiled", "precompiled_charsmap": .string(base64(bytes))]
        #expect(try normalized("bAb", [step]) == "bxyb")
        // A short grapheme goes as a whole; so does its mark.
        #expect(try normalized("A\u{301}b", [step]) == "xyb")
    }

    @Test(arguments: ["", "AAAA", "//8=", "not base 64!"])
    func `refuses a map that is none`(map: String) throws {
        let step: JSONValue = ["type": "Precompiled", "precompiled_charsmap": .string(map)]
        if map.isEmpty {
            #expect(try normalized("a", [step]) == "a")
        } else {
            #expect(throws: TokenizerError.self) { try normalized("a", [step]) }
        }
    }

    @Test func `names the known ones when one is unknown`() {
        let error = #expect(throws: TokenizerError.self) { try normalized("a", [["type": "Odd"]]) }
        #expect(error?.message.contains("BertNormalizer, ByteLevel, Lowercase, NFC") == true)
    }

    private func base64(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let part = bytes[start..<min(start + 3, bytes.count)]
            let bits = part.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32((3 - part.count) * 8)
            for index in 0...3 {
                text.append(index > part.count ? "=" : digits[Int(bits >> UInt32(18 - index * 6) & 63)])
            }
        }
        return text
    }
}
