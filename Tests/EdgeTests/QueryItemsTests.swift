import Testing

@testable import Edge

@Suite struct `A query string` {
    private func items(_ query: String) -> [[String]] { QueryItems(query).items.map { [$0.name, $0.value] } }

    @Test(arguments: [
        ("", []),
        ("a=1", [["a", "1"]]),
        ("a=1&b=2&a=3", [["a", "1"], ["b", "2"], ["a", "3"]]),
        ("a", [["a", ""]]),
        ("a=", [["a", ""]]),
        ("=a", [["", "a"]]),
        ("a=b=c", [["a", "b=c"]]),
        ("&&a=1&&", [["a", "1"]]),
        ("a+b=c+d", [["a b", "c d"]]),
        ("a%2Bb=c%20d", [["a+b", "c d"]]),
        ("a%26b=%3D", [["a&b", "="]]),
        ("q=gr%C3%BC%c3%9fe", [["q", "grüße"]]),
    ])
    func `is split and then decoded`(query: String, expected: [[String]]) {
        #expect(items(query) == expected)
    }
}

@Suite struct `Percent-encoding` {
    @Test(arguments: [
        ("plain", "plain"),
        ("%41%42", "AB"),
        ("a+b", "a+b"),
        ("100%", "100%"),
        ("%4", "%4"),
        ("%zz%41", "%zzA"),
        ("%%41", "%A"),
        ("%+1", "%+1"),
        ("%-1", "%-1"),
        ("%25%34%31", "%41"),
        ("%00", "\0"),
        ("%FF", "\u{FFFD}"),
        ("%C3", "\u{FFFD}"),
        ("ü%C3%BC", "üü"),
    ])
    func `is undone once, and what is none stays`(text: String, expected: String) {
        #expect(PercentEncoding.decoded(text[...]) == expected)
    }

    @Test func `is undone for every byte`() {
        for byte in 0..<128 as Range<UInt8> {
            let digits = String(byte, radix: 16)
            let text = "%" + (digits.count == 1 ? "0" : "") + digits
            #expect(PercentEncoding.decoded(text[...]) == String(UnicodeScalar(byte)))
            #expect(PercentEncoding.decoded(text.uppercased()[...]) == String(UnicodeScalar(byte)))
        }
    }
}
