import Http
import Testing

@Suite struct `A request parser` {
    private func only(_ text: String) throws -> (HttpRequestHead, [UInt8]) {
        var parser = RequestParser()
        parser.feed(Array(text.utf8).span)
        guard case .head(let head)? = try parser.next(), case .end(let body)? = try parser.next() else {
            throw HttpFault(0, "incomplete: \(text)")
        }
        #expect(parser.isBetweenRequests)
        return (head, body)
    }

    @Test func `reads method, path, query and fields`() throws {
        let (head, body) = try only(
            "GET /v1/models?limit=2&x=%20 HTTP/1.1\r\nHost: a\r\nX-Two:\t b c \r\n\r\n"
        )
        #expect(head.method == "GET")
        #expect(head.target == "/v1/models?limit=2&x=%20")
        #expect(head.path == "/v1/models")
        #expect(head.query == "limit=2&x=%20")
        #expect(head.headers["x-TWO"] == "b c")
        #expect(head.headers["x-three"] == nil)
        #expect(head.version == .http11)
        #expect(head.keepsAlive)
        #expect(body.isEmpty)
    }

    @Test func `keeps repeated fields in order`() throws {
        let (head, _) = try only("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\na: 3\r\n\r\n")
        #expect(head.headers["A"] == "1")
        #expect(head.headers.values("a") == ["1", "3"])
        #expect(head.headers.all.map(\.name) == ["Host", "A", "B", "a"])
    }

    @Test(arguments: [
        ("GET http://host:80/a?b HTTP/1.1\r\nHost: HOST:80\r\n\r\n", "/a", "b"),
        ("GET https://host HTTP/1.1\r\nHost: host\r\n\r\n", "/", nil),
        ("GET http://host?q HTTP/1.1\r\nHost: host\r\n\r\n", "/", "q"),
        ("OPTIONS * HTTP/1.1\r\nHost: host\r\n\r\n", "*", nil),
        ("GET /? HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", "/", ""),
        ("GET / HTTP/1.0\r\n\r\n", "/", nil),
        ("\r\nGET /after/an/empty/line HTTP/1.1\r\nHost: a\r\n\r\n", "/after/an/empty/line", nil),
    ])
    func `understands every form of target that a server meets`(
        text: String,
        path: String,
        query: String?
    ) throws {
        let (head, _) = try only(text)
        #expect(head.path == path)
        #expect(head.query == query)
    }

    @Test(arguments: [
        ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false),
        ("HTTP/1.1", "Connection: x, Close\r\n", false), ("HTTP/1.0", "", false),
        ("HTTP/1.0", "Connection: Keep-Alive\r\n", true),
        ("HTTP/1.0", "Connection: keep-alive\r\nConnection: close\r\n", false),
    ])
    func `knows whether the client stays`(version: String, field: String, stays: Bool) throws {
        #expect(try only("GET / \(version)\r\nHost: a\r\n\(field)\r\n").0.keepsAlive == stays)
    }

    @Test func `takes a body of a stated length, and the next request after it`() {
        let text =
            "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /b HTTP/1.1\r\nHost: a\r\n\r\n"
        let outcome = ParserOutcome(of: text)
        #expect(outcome.requests.map(\.target) == ["/a", "/b"])
        #expect(outcome.requests.map(\.body) == [Array("hello".utf8), []])
        #expect(outcome.fault == nil)
    }

    @Test func `joins chunks, ignores their extensions and drops trailers`() throws {
        let text =
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
            + "5;name=\"value\"\r\nhello\r\n00A\r\n, 10 bytes\r\n0\r\nX-Checksum: 1\r\n\r\n"
        let (head, body) = try only(text)
        #expect(head.framing == .chunked)
        #expect(String(decoding: body, as: UTF8.self) == "hello, 10 bytes")
    }

    @Test func `lets the body limit of one request be changed at its head`() throws {
        var parser = RequestParser()
        let text = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world"
        parser.feed(Array(text.utf8).span)
        guard case .head? = try parser.next() else { throw HttpFault(0, "no head") }
        parser.bodyLimit = 10
        #expect(throws: HttpFault(413, "the body is longer than 10 bytes")) { try parser.next() }
        #expect(throws: HttpFault.self) { try parser.next() }
    }

    @Test func `makes room for a body only as it arrives`() throws {
        var parser = RequestParser()
        let text = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 30000000\r\n\r\nx"
        parser.feed(Array(text.utf8).span)
        guard case .head? = try parser.next() else { throw HttpFault(0, "no head") }
        #expect(try parser.next() == nil)
        #expect(parser.bodyByteCount == 1)
    }

    @Test func `reports that a client waits to be told to go on`() throws {
        let text = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 0\r\n\r\n"
        #expect(try only(text).0.expectsContinue)
        #expect(try !only(text.replacing("HTTP/1.1", with: "HTTP/1.0")).0.expectsContinue)
    }
}

extension RequestParser.Event? {
    fileprivate static func == (event: Self, nothing: Never?) -> Bool {
        if case .none = event { true } else { false }
    }
}
