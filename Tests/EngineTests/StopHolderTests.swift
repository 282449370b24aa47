import TestSupport
import Testing

@testable import Engine

@Suite struct `A stop holder` {
    private func release(_ pieces: [String], _ stops: [String]) -> (pieces: [String], matched: String?) {
        var holder = StopHolder(stops)
        let released = pieces.map { holder.push($0) } + [holder.finish()]
        return (released, holder.matched)
    }

    @Test func `lets everything pass when there is nothing to stop at`() {
        #expect(release(["a", "é", "😀"], []).pieces == ["a", "é", "😀", ""])
        #expect(release(["a"], [""]).pieces == ["a", ""])
    }

    @Test func `cuts before a stop string that arrives in pieces`() {
        let result = release(["x<", "/e", "nd", ">y", "z"], ["</end>"])
        #expect(result.pieces == ["x", "", "", "", "", ""])
        #expect(result.matched == "</end>")
    }

    @Test func `holds back no more than what may still become a stop string`() {
        #expect(release(["abab", "c", "d"], ["ababd"]).pieces == ["", "ababc", "d", ""])
        #expect(release(["aab", "aab"], ["aabaac"]).pieces == ["", "aab", "aab"])
    }

    @Test func `gives back at the end what did not become a stop string`() {
        let result = release(["ab", "c"], ["bcd"])
        #expect(result.pieces == ["a", "", "bc"])
        #expect(result.matched == nil)
    }

    @Test func `takes the stop string that is complete first, and of several the longest`() {
        #expect(release(["xabcdy"], ["abcd", "bc"]).matched == "bc")
        #expect(release(["xabcdy"], ["abcd", "bc"]).pieces.joined() == "xa")
        #expect(release(["xabcdy"], ["cd", "abcd", "bcd"]).matched == "abcd")
        #expect(release(["\n\nUser:"], ["\n", "\n\n"]).matched == "\n")
    }

    @Test func `releases whole code points only`() {
        // 😀 and 😁 share their first three bytes.
        #expect(release(["a😀"], ["😁"]).pieces == ["a😀", ""])
        #expect(release(["a😁"], ["😁"]).pieces == ["a", ""])
    }

    @Test func `cuts any text in any pieces as if it had come at once`() {
        for seed in 0..<5000 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            let letters: [Character] = ["a", "b", "é", "😀"]
            func text(_ lengths: ClosedRange<Int>) -> String {
                let count = Int.random(in: lengths, using: &random)
                let alphabet = letters.prefix(Int(seed % 3) + 2)
                return String((0..<count).compactMap { _ in alphabet.randomElement(using: &random) })
            }
            let stops = (0..<Int.random(in: 0...4, using: &random)).map { _ in text(0...5) }
            let whole = text(0...30)
            var pieces: [String] = []
            var rest = whole[...]
            while !rest.isEmpty {
                let count = Int.random(in: 0...4, using: &random)
                pieces.append(String(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            let result = release(pieces, stops)
            let expected = Self.cut(whole, stops)
            try? #require(result.matched == expected.matched, "seed \(seed)")
            #expect(result.pieces.joined() == expected.text, "seed \(seed)")
            #expect(Self.holdsBackTheLeast(pieces, result.pieces, stops), "seed \(seed)")
        }
    }

    /// The definition, byte by byte.
    private static func cut(_ text: String, _ stops: [String]) -> (text: String, matched: String?) {
        let bytes = Array(text.utf8)
        for end in 0...bytes.count {
            let found = stops.filter {
                !$0.isEmpty && bytes[..<end].reversed().starts(with: $0.utf8.reversed())
            }
            guard let longest = found.max(by: { $0.utf8.count < $1.utf8.count }) else { continue }
            return (String(decoding: bytes[..<(end - longest.utf8.count)], as: UTF8.self), longest)
        }
        return (text, nil)
    }

    private static func holdsBackTheLeast(_ pieces: [String], _ released: [String], _ stops: [String]) -> Bool
    {
        var arrived: [UInt8] = []
        var shown = 0
        for (piece, text) in zip(pieces, released) {
            arrived += piece.utf8
            shown += text.utf8.count
            if cut(String(decoding: arrived, as: UTF8.self), stops).matched != nil { return true }
            let held = (0...arrived.count).first { start in
                start == arrived.count || stops.contains { $0.utf8.starts(with: arrived[start...]) }
            }
            if shown != held { return false }
        }
        return true
    }
}
