import JSON
import Testing
import Tokenizer

@Suite struct `A tokenizer` {
    @Test func `merges neighbours in the order of the ranks`() throws {
        let tokenizer = try SmallTokenizer.make()
        let tokens = tokenizer.encode("hello hello", addSpecialTokens: false)
        #expect(tokens == ["hello", "Ġhello"].compactMap { tokenizer.id(of: $0) })
        #expect(tokenizer.decode(tokens, skipSpecialTokens: false) == "hello hello")
    }

    @Test func `gives the same ids for a word however long it is`() throws {
        let tokenizer = try SmallTokenizer.make()
        let four = try #require(tokenizer.id(of: "aaaa"))
        for count in [4, 48, 52, 400, 4000] {
            let ids = tokenizer.encode(String(repeating: "a", count: count), addSpecialTokens: false)
            #expect(ids == Array(repeating: four, count: count / 4), "\(count) letters")
        }
        // "abc" is a + bc, and b + c comes before it: long words must follow the ranks too.
        let ids = tokenizer.encode(String(repeating: "abc", count: 100), addSpecialTokens: false)
        #expect(Set(ids) == Set([tokenizer.id(of: "abc")].compactMap(\.self)))
    }

    @Test func `finds special tokens in a text only when it may`() throws {
        let tokenizer = try SmallTokenizer.make()
        let text = "a<s><tool>a"
        #expect(tokenizer.encode(text, addSpecialTokens: false) == [97, 265, 266, 97])
        let plain = tokenizer.encode(text, addSpecialTokens: false, parseSpecialTokens: false)
        #expect(plain == [97, 60, 115, 62, 266, 97])
        #expect(tokenizer.isSpecial(265) && !tokenizer.isSpecial(266) && !tokenizer.isSpecial(97))
    }

    @Test func `lets an added token swallow the space beside it`() throws {
        let tokenizer = try SmallTokenizer.make()
        #expect(tokenizer.encode("b \n<mask>\u{3000} b", addSpecialTokens: false) == [98, 267, 98])
    }

    @Test func `finds a single word only where no letter touches it`() throws {
        let tokenizer = try SmallTokenizer.make()
        #expect(tokenizer.encode("word", addSpecialTokens: false) == [268])
        #expect(tokenizer.encode("!word!", addSpecialTokens: false) == [33, 268, 33])
        #expect(!tokenizer.encode("sword", addSpecialTokens: false).contains(268))
        #expect(!tokenizer.encode("word_", addSpecialTokens: false).contains(268))
    }

    @Test func `leaves out ids that no token has`() throws {
        let tokenizer = try SmallTokenizer.make()
        #expect(tokenizer.decode([97, 5000, 98, 4_000_000_000], skipSpecialTokens: false) == "ab")
        #expect(tokenizer.vocabularySize == 269)
    }

    @Test func `gives nothing for nothing`() throws {
        let tokenizer = try SmallTokenizer.make()
        #expect(tokenizer.encode("", addSpecialTokens: true).isEmpty)
        #expect(tokenizer.decode([], skipSpecialTokens: true).isEmpty)
    }

    @Test func `keeps composed and decomposed letters apart unless a normalizer joins them`() throws {
        let plain = try SmallTokenizer.make()
        let composed = plain.encode("\u{E9}", addSpecialTokens: false)
        #expect(composed == [0xC3, 0xA9])
        #expect(plain.encode("e\u{301}", addSpecialTokens: false) == [101, 0xCC, 0x81])
        let normalizing = try SmallTokenizer.make(["normalizer": ["type": "NFC"]])
        #expect(normalizing.encode("e\u{301}", addSpecialTokens: false) == composed)
    }

    @Test func `serves several threads at once`() async throws {
        let tokenizer = try SmallTokenizer.make()
        let texts = (0..<8).map { String(repeating: "hello abc \($0) ", count: 50 + $0) }
        let expected = texts.map { tokenizer.encode($0, addSpecialTokens: false) }
        let results = await withTaskGroup(of: (Int, [UInt32]).self) { group in
            for round in 0..<32 {
                group.addTask { (round % 8, tokenizer.encode(texts[round % 8], addSpecialTokens: false)) }
            }
            return await group.reduce(into: [(Int, [UInt32])]()) { $0.append($1) }
        }
        #expect(results.count == 32)
        for (index, ids) in results { #expect(ids == expected[index]) }
    }

    @Test(arguments: ["a", " ", "\n", "!", "\u{301}\u{323}", "中", "<s", "'s", "aab", "\u{1100}\u{1161}"])
    func `takes a long text of the same few characters in its stride`(unit: String) throws {
        let tokenizer = try SmallTokenizer.make(["normalizer": ["type": "NFKC"]])
        let text = String(repeating: unit, count: (64 << 10) / unit.utf8.count)
        let ids = tokenizer.encode(text, addSpecialTokens: false)
        let normal = try SmallTokenizer.make(["normalizer": ["type": "NFKC"]])
        #expect(normal.decode(ids, skipSpecialTokens: false).utf8.count > 0)
        #expect(ids.count <= text.utf8.count)
    }
}
