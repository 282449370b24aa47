import Testing

@testable import HttpClient

@Suite struct `The head of a reply` {
    private func head(_ lines: String...) -> HttpReplyHead {
        var head = HttpReplyHead(status: 0)
        for line in lines { head.take(line: (line + "\r\n").utf8) }
        return head
    }

    @Test func `is that of the last of several replies`() {
        let head = head("HTTP/1.1 100 Continue", "A: 1", "", "HTTP/2 206", "ETag:  \"x\" ", "b:c:d", "")
        #expect(head.status == 206)
        #expect(head["etag"] == "\"x\"")
        #expect(head["b"] == "c:d")
        #expect(head["a"] == nil)
    }

    @Test func `takes nonsense for nothing`() {
        #expect(head("HTTP/1.1", "no colon", "").status == 0)
        #expect(head("HTTP/1.1 many").status == 0)
    }

    @Test func `has room for a limited number of fields`() {
        var head = HttpReplyHead(status: 200)
        for index in 0..<10_000 { head.take(line: "f\(index): x".utf8) }
        #expect(head["f0"] == "x")
        #expect(head["f9999"] == nil)
    }
}
