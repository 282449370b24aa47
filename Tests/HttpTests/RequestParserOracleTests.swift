import CHttpParser
import Http
import Testing

/// Two readers of the same bytes.
///
/// Wherever libhttp_parser is lenient we refuse; wherever we accept it must agree.
@Suite struct `A request parser beside libhttp_parser` {
    @Test(arguments: [11, 12, 13, 14] as [UInt64])
    func `accepts nothing that the other reads differently`(seed: UInt64) {
        var mutator = RequestMutator(seed: seed)
        var acceptedCount = 0
        var refusedCount = 0
        for round in 0..<1000 {
            let bytes = mutator.next()
            let ours = ParserOutcome(of: CollectionOfOne(bytes[...]))
            let oracle = HttpParserOracle(HTTP_REQUEST)
            oracle.feed(bytes)
            let text = String(decoding: bytes, as: UTF8.self).debugDescription
            if oracle.error != HPE_OK, isMistakenlyRefused(text, oracle.error) { continue }
            let theirs = oracle.messages.prefix(ours.requests.count).map(\.request)
            #expect(ours.requests == Array(theirs), "seed \(seed), round \(round), \(oracle.error): \(text)")
            acceptedCount += ours.requests.count
            refusedCount += ours.fault == nil ? 0 : 1
        }
        // Otherwise the comparison says nothing.
        #expect(acceptedCount > 300)
        #expect(refusedCount > 300)
    }

    /// Where the other refuses what is right, so that its verdict says nothing.
    private func isMistakenlyRefused(_ text: String, _ error: http_errno) -> Bool {
        // Any token is a method to us; the other knows a fixed list.
        error == HPE_INVALID_METHOD
            // It takes a name that is one letter longer for the field itself,
            || text.lowercased().contains(/transfer-encoding[^:\\]:/)
            // and does not know that a tab is white space.
            || text.lowercased().contains(/content-length:[^\\]*\\t/)
    }

    /// The classes where we are stricter, with one example each.
    @Test(arguments: [
        ("bare line feeds", "GET / HTTP/1.1\nHost: a\n\n"),
        ("obsolete folding", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n"),
        (
            "a space before the colon",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n"
        ),
        ("no host", "GET / HTTP/1.1\r\n\r\n"),
        ("two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        (
            "codings before chunked",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"
        ),
        ("chunks in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        (
            "no line end after a chunk",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx??0\r\n\r\n"
        ),
        ("a fragment in the target", "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("bytes beyond ASCII in the target", "GET /é HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("empty lines first", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("an unknown expectation", "GET / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n"),
        ("CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n"),
    ])
    func `is stricter`(class: String, text: String) {
        let oracle = HttpParserOracle(HTTP_REQUEST)
        oracle.feed(Array(text.utf8))
        #expect(oracle.messages.count == 1)
        #expect(ParserOutcome(of: text).fault != nil)
    }
}
