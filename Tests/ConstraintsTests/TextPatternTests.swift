import Constraints
import Testing

@Suite struct `A text pattern` {
    private func longest(_ regex: String, _ text: String) throws -> String? {
        try TextPattern(regex).longestMatch(in: text[...]).map { String(text[..<$0]) }
    }

    @Test(
        arguments: [
            ("a+", "aab", "aa"), ("a|ab|abcd", "abcx", "ab"), ("(k=[^;]*;)*", "k=1;k=2;k=3", "k=1;k=2;"),
            ("é[^ ]", "éä b", "éä"), ("a", "ba", nil), ("a*", "b", ""), ("^ab?", "abab", "ab"),
        ] as [(String, String, String?)]
    )
    func `tells the longest beginning that it matches`(regex: String, text: String, match: String?) throws {
        #expect(try longest(regex, text) == match)
    }

    @Test func `tells whether it matches all of a text, and none`() throws {
        let pattern = try TextPattern("(ab)*")
        #expect(pattern.matches("abab") && !pattern.matches("aba") && pattern.matchesEmptyText)
        #expect(try !TextPattern("(ab)+").matchesEmptyText)
        // Of a part of a text, what is around it does not count.
        let text = "xababx"
        #expect(pattern.matches(text.dropFirst().dropLast()))
    }
}
