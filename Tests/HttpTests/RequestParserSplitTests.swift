import Http
import TestSupport
import Testing

@Suite struct `A request parser at any split` {
    /// Cuts `bytes` at random places.
    private func pieces(_ bytes: [UInt8], _ random: inout SplitMix64) -> [ArraySlice<UInt8>] {
        var cuts = (0..<Int.random(in: 0...6, using: &random)).map { _ in
            Int.random(in: 0...bytes.count, using: &random)
        }
        cuts = [0] + cuts.sorted() + [bytes.count]
        return zip(cuts, cuts.dropFirst()).map { bytes[$0..<$1] }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `sees the same requests and the same fault`(seed: UInt64) {
        var mutator = RequestMutator(seed: seed)
        var random = SplitMix64(seed: ~seed)
        for round in 0..<400 {
            let bytes = mutator.next()
            let whole = ParserOutcome(of: CollectionOfOne(bytes[...]))
            let single = ParserOutcome(of: bytes.indices.map { bytes[$0...$0] })
            let cut = ParserOutcome(of: pieces(bytes, &random))
            let text = String(decoding: bytes, as: UTF8.self).debugDescription
            #expect(single == whole, "seed \(seed), round \(round), single bytes: \(text)")
            #expect(cut == whole, "seed \(seed), round \(round): \(text)")
        }
    }

    @Test func `meets its limits at the same byte`() {
        var limits = HttpLimits()
        limits.headBytes = 200
        limits.targetBytes = 50
        limits.fieldCount = 3
        limits.bodyBytes = 20
        limits.chunkLineBytes = 10
        limits.chunkExtensionBytes = 12
        limits.trailerBytes = 30
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        let texts = [
            "GET /\(String(repeating: "a", count: 49)) HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /\(String(repeating: "a", count: 50)) HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /\(String(repeating: "a", count: 500)) HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 168))\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 169))\r\n\r\n",
            head + "14\r\n01234567890123456789\r\n0\r\n\r\n", head + "15\r\n",
            head + "a\r\n0123456789\r\nb\r\n",
            head + "1;2345678\r\n", head + "1;234567\r\nx\r\n1;23456\r\nx\r\n",
            head + "0\r\nA: \(head)\r\n\r\n",
        ]
        for text in texts {
            let bytes = Array(text.utf8)
            let whole = ParserOutcome(of: CollectionOfOne(bytes[...]), limits: limits)
            #expect(
                ParserOutcome(of: bytes.indices.map { bytes[$0...$0] }, limits: limits) == whole,
                "\(text)"
            )
        }
        #expect(ParserOutcome(of: texts[0], limits: limits).requests.count == 1)
        #expect(ParserOutcome(of: texts[1], limits: limits).fault?.status == 414)
        #expect(ParserOutcome(of: texts[3], limits: limits).requests.count == 1)
        #expect(ParserOutcome(of: texts[4], limits: limits).fault?.status == 431)
        #expect(ParserOutcome(of: texts[5], limits: limits).requests.count == 1)
        #expect(ParserOutcome(of: texts[6], limits: limits).fault?.status == 413)
    }
}
