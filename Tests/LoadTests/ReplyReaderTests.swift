import Testing

@testable import Load

@Suite struct `A reply reader` {
    private static let plain = "HTTP/1.1 200 OK\r\ncontent-LENGTH: 5\r\nDate: x\r\n\r\nhello"
    private static let chunked =
        "HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "A;note=1\r\n0123456789\r\n2\r\nab\r\n0\r\nTrailer: y\r\n\r\n"

    private func feed(_ bytes: [UInt8], to reader: inout ReplyReader) throws { try reader.feed(bytes.span) }

    private func read(_ bytes: [UInt8], cut: Int, with reader: inout ReplyReader) throws {
        try feed(Array(bytes[..<cut]), to: &reader)
        #expect(cut == bytes.count || !reader.isComplete)
        try feed(Array(bytes[cut...]), to: &reader)
    }

    @Test(arguments: [(plain, 200, "hello"), (chunked, 503, "0123456789ab")])
    func `understands a reply the same way wherever it is cut`(
        reply: String,
        status: Int,
        body: String
    ) throws {
        let bytes = Array(reply.utf8)
        var reader = ReplyReader()
        for cut in 0...bytes.count {
            reader.reset()
            try read(bytes, cut: cut, with: &reader)
            #expect(reader.isComplete)
            #expect(reader.status == status)
            #expect(reader.bodyByteCount == body.utf8.count)
            #expect(reader.keptBody == Array(body.utf8))
        }
        reader.reset()
        for index in bytes.indices { try feed([bytes[index]], to: &reader) }
        #expect(reader.isComplete && reader.keptBody == Array(body.utf8))
    }

    @Test func `keeps no more of a body than it was asked to`() throws {
        var reader = ReplyReader(keeping: 3)
        try feed(Array(Self.plain.utf8), to: &reader)
        #expect(reader.keptBody == Array("hel".utf8))
        #expect(reader.bodyByteCount == 5)
    }

    @Test func `is complete at once where the body is empty`() throws {
        var reader = ReplyReader()
        try feed(Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8), to: &reader)
        #expect(reader.isComplete)
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\n\r\n", ReplyFault.unframed),
        ("HTTP/2 200\r\n", .malformed("the status line")),
        ("HTTP/1.1 2x0 OK\r\n", .malformed("a number")),
        ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n", .malformed("a number")),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999\r\n", .malformed("a number")),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n", .malformed("the transfer encoding")),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
            .malformed("the end of a chunk")
        ),
        (plain + "!", .bytesAfterReply(1)),
    ])
    func `refuses what it does not understand`(reply: String, fault: ReplyFault) {
        var reader = ReplyReader()
        #expect(throws: fault) { try feed(Array(reply.utf8), to: &reader) }
    }

    @Test func `refuses a line without end`() {
        var reader = ReplyReader()
        #expect(throws: ReplyFault.lineTooLong(limit: 8192)) {
            try feed([UInt8](repeating: 65, count: 9000), to: &reader)
        }
    }
}
