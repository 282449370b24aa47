import Engine
import Testing

@Suite struct `A byte decoder` {
    private func decode(_ bytes: [UInt8]) -> [String] {
        var decoder = ByteDecoder()
        return bytes.map { decoder.push(UInt32($0)) } + [decoder.flush()]
    }

    @Test func `releases a character with its last byte`() {
        #expect(decode(Array("aé😀".utf8)) == ["a", "", "é", "", "", "", "😀", ""])
    }

    @Test func `replaces what is no character`() {
        #expect(decode([0xFF]).joined() == "\u{FFFD}")
        #expect(decode([0xC3, 0x41]).joined() == "\u{FFFD}A")
        #expect(decode([0x41, 0xE2, 0x82]).joined() == "A\u{FFFD}")
    }

    @Test func `has no text for other tokens`() {
        var decoder = ByteDecoder()
        #expect(decoder.push(ScriptedModel.endToken) == "")
    }
}
