import Http
import Testing

/// Requests that one reader may take for another request than the next reader does, and plain nonsense.
@Suite struct `A request parser refuses` {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var status: Int
        var text: String

        var testDescription: String { name }

        init(_ name: String, status: Int = 400, text: String) {
            self.name = name
            self.status = status
            self.text = text
        }

        /// A POST with these fields and what follows the head.
        init(_ name: String, status: Int = 400, fields: String, then body: String = "") {
            self.init(name, status: status, text: "POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(body)")
        }

        static func chunks(_ name: String, status: Int = 400, _ body: String) -> Case {
            Case(name, status: status, fields: "Transfer-Encoding: chunked", then: body)
        }
    }

    static let framing = [
        Case("equal lengths twice", fields: "Content-Length: 3\r\nContent-Length: 3", then: "abc"),
        Case("different lengths", fields: "Content-Length: 3\r\nContent-Length: 5", then: "abcde"),
        Case("a list of lengths", fields: "Content-Length: 3, 3", then: "abc"),
        Case("a length with a plus sign", fields: "Content-Length: +3", then: "abc"),
        Case("a negative length", fields: "Content-Length: -1"),
        Case("a length with a letter", fields: "Content-Length: 3x", then: "abc"),
        Case("a hexadecimal length", fields: "Content-Length: 0x3", then: "abc"),
        Case("an empty length", fields: "Content-Length:"),
        Case("a length of 2^64+3", fields: "Content-Length: 18446744073709551619", then: "abc"),
        Case("a length over the limit", status: 413, fields: "Content-Length: 33554433"),
        Case("both framings", fields: "Transfer-Encoding: chunked\r\nContent-Length: 3", then: "0\r\n\r\n"),
        Case("both framings, the other way round", fields: "Content-Length: 3\r\nTransfer-Encoding: chunked"),
        Case("an encoding that ends like chunked", status: 501, fields: "Transfer-Encoding: xchunked"),
        Case("an encoding before chunked", status: 501, fields: "Transfer-Encoding: gzip, chunked"),
        Case("chunked in quotes", status: 501, fields: "Transfer-Encoding: \"chunked\""),
        Case("chunked after a vertical tab", fields: "Transfer-Encoding: \u{B}chunked"),
        Case("chunked twice", fields: "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
        Case(
            "two encodings",
            status: 501,
            fields: "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity".swapped
        ),
        Case("an empty encoding", status: 501, fields: "Transfer-Encoding:"),
        Case("a space before the colon", fields: "Transfer-Encoding : chunked", then: "0\r\n\r\n"),
        Case("a tab before the colon", fields: "Content-Length\t: 3", then: "abc"),
        Case("chunks in HTTP/1.0", text: "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        .chunks("a chunk size of letters", "zz\r\nabc\r\n0\r\n\r\n"),
        .chunks("a negative chunk size", "-5\r\nhello\r\n0\r\n\r\n"),
        .chunks("a chunk size of 2^64-1", "ffffffffffffffff\r\nabc"),
        .chunks("a chunk size over the limit", status: 413, "2000001\r\nabc"),
        .chunks("a chunk size with 0x", "0x5\r\nhello\r\n0\r\n\r\n"),
        .chunks("an empty chunk size", "\r\nhello\r\n0\r\n\r\n"),
        .chunks("a space after the chunk size", "5 \r\nhello\r\n0\r\n\r\n"),
        .chunks("no line end after a chunk", "5\r\nhello0\r\n\r\n"),
        .chunks("a chunk longer than it says", "5\r\nhello!\r\n0\r\n\r\n"),
        .chunks("a bare line feed after a chunk size", "5\nhello\r\n0\r\n\r\n"),
        .chunks("a bare line feed after a chunk", "5\r\nhello\n0\r\n\r\n"),
        .chunks("a bare line feed in an extension", "5;a\nhello\r\n0\r\n\r\n"),
        .chunks("a bare carriage return in an extension", "5;a\rb\r\nhello\r\n0\r\n\r\n"),
        .chunks("a framing field among the trailers", "0\r\nContent-Length: 5\r\n\r\n"),
        .chunks("a folded trailer", "0\r\nA: b\r\n c\r\n\r\n"),
        .chunks("a bare line feed among the trailers", "0\r\nA: b\n\r\n"),
    ]

    static let lines = [
        Case("bare line feeds", text: "GET / HTTP/1.1\nHost: a\n\n"),
        Case("one bare line feed", text: "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n"),
        Case("a bare carriage return in a value", fields: "X: a\rb"),
        Case("a bare carriage return before the line end", fields: "X: a\r"),
        Case("a bare carriage return in the target", text: "GET /\rb HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("a folded field", fields: "X: a\r\n b"),
        Case("a field folded with a tab", fields: "X: a\r\n\tb"),
        Case("a space before the first field", text: "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
        Case("NUL in a value", fields: "X: a\0b"),
        Case("DEL in a value", fields: "X: a\u{7F}b"),
        Case("NUL in a name", fields: "X\0: a"),
        Case("a name that is not a token", fields: "X(: a"),
        Case("no name", fields: ": a"),
        Case("no colon", fields: "X"),
        Case("letters beyond ASCII in a name", fields: "Ü: a"),
        Case("two empty lines first", text: "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("a space first", text: " GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ]

    static let requestLines = [
        Case("no target", text: "GET HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("an empty target", text: "GET  HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("no version", text: "GET /\r\nHost: a\r\n\r\n"),
        Case("two spaces", text: "GET /  HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("a space in the target", text: "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("a tab for a space", text: "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("a fragment", text: "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("bytes beyond ASCII in the target", text: "GET /ü HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("a method that is not a token", text: "G(T / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(
            "a method without end",
            status: 501,
            text: String(repeating: "G", count: 33) + " / HTTP/1.1\r\nHost: a\r\n\r\n"
        ),
        Case("CONNECT", status: 501, text: "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("an asterisk for another method", text: "GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("a relative target", text: "GET a/b HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("another scheme", text: "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("user information", text: "GET http://me@a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("a target of another host", text: "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("HTTP/2.0", status: 505, text: "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
        Case("HTTP/1.2", status: 505, text: "GET / HTTP/1.2\r\nHost: a\r\n\r\n"),
        Case("HTTP/0.9", status: 505, text: "GET / HTTP/0.9\r\nHost: a\r\n\r\n"),
        Case("the preface of HTTP/2", status: 505, text: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        Case("a lower-case version", text: "GET / http/1.1\r\nHost: a\r\n\r\n"),
        Case("a version with too many digits", text: "GET / HTTP/1.10\r\nHost: a\r\n\r\n"),
        Case(
            "a target over the limit",
            status: 414,
            text: "GET /\(String(repeating: "a", count: 8192)) HTTP/1.1\r\n\r\n"
        ),
        Case("a request line without end", status: 414, text: String(repeating: "a", count: 9000)),
    ]

    static let fields = [
        Case("no host", text: "GET / HTTP/1.1\r\n\r\n"),
        Case("two hosts", text: "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
        Case("two hosts in HTTP/1.0", text: "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"),
        Case("an empty host", text: "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
        Case("a host with a path", text: "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        Case("a host with a space", text: "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
        Case("a host with user information", text: "GET / HTTP/1.1\r\nHost: me@a\r\n\r\n"),
        Case("a host with a port too high", text: "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n"),
        Case("a host with a port of letters", text: "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"),
        Case("an address without its bracket", text: "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
        Case("an address with more after it", text: "GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n"),
        Case("another expectation", status: 417, fields: "Expect: 200-ok"),
        Case("too many fields", status: 431, fields: (0..<100).map { "X\($0): y" }.joined(separator: "\r\n")),
        Case("too long a head", status: 431, fields: "X: \(String(repeating: "y", count: 33_000))"),
        Case(
            "a head that never ends",
            status: 431,
            text: "GET / HTTP/1.1\r\nX: \(String(repeating: "y", count: 33_000))"
        ),
    ]

    static let all = framing + lines + requestLines + fields

    @Test(arguments: framing) func `bodies whose end is in doubt`(example: Case) { check(example) }

    @Test(arguments: ["\u{16}", " ", "\r\n\u{16}", "\0"])
    func `what is no HTTP at all, at its first byte`(text: String) {
        #expect(ParserOutcome(of: text).fault == HttpFault(400, "the request does not begin with a method"))
    }

    @Test(arguments: lines) func `lines that are not lines`(example: Case) { check(example) }

    @Test(arguments: requestLines) func `request lines out of form`(example: Case) { check(example) }

    @Test(arguments: fields) func `fields that break a rule or a limit`(example: Case) { check(example) }

    private func check(_ example: Case) {
        let outcome = ParserOutcome(of: example.text + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(outcome.fault?.status == example.status, "\(outcome)")
        #expect(outcome.requests.isEmpty)
    }

    @Test(arguments: [
        ("long chunk extensions", "5;\(String(repeating: "a", count: 300))\r\nhello\r\n0\r\n\r\n"),
        (
            "many chunk extensions",
            String(repeating: "1;\(String(repeating: "a", count: 200))\r\nx\r\n", count: 30)
        ),
        ("long trailers", "0\r\nA: \(String(repeating: "b", count: 9000))\r\n\r\n"),
        ("many trailers", "0\r\n\(String(repeating: "A: b\r\n", count: 101))\r\n"),
    ])
    func `chunked bodies with more wrapping than data`(name: String, body: String) {
        let outcome = ParserOutcome(of: Case.chunks(name, body).text)
        #expect(outcome.fault != nil)
        #expect(outcome.requests.isEmpty)
    }
}

extension String {
    /// Two lines in the other order.
    fileprivate var swapped: String { split(separator: "\r\n").reversed().joined(separator: "\r\n") }
}
