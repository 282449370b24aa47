import Testing

@testable import Chat

@Suite struct `An event stream parser` {
    private func items(_ text: String, chunk: Int) throws -> [StreamItem] {
        var parser = EventStreamParser()
        var rest = Array(text.utf8)[...]
        var items: [StreamItem] = []
        while !rest.isEmpty {
            items += try parser.push(rest.prefix(chunk))
            rest = rest.dropFirst(chunk)
        }
        return items
    }

    private func data(_ text: String) -> StreamItem { .event(name: "message", data: text) }

    private static let cases: [(text: String, items: [StreamItem])] = [
        ("data: a\n\n", [.event(name: "message", data: "a")]),
        ("data:a\r\n\r\n", [.event(name: "message", data: "a")]),
        ("data: a\r\r", [.event(name: "message", data: "a")]),
        (
            "data: a\r\n\ndata: b\n\r\n",
            [.event(name: "message", data: "a"), .event(name: "message", data: "b")]
        ),
        ("data: a\ndata: b\ndata\n\n", [.event(name: "message", data: "a\nb\n")]),
        ("data:  two spaces\n\n", [.event(name: "message", data: " two spaces")]),
        (
            "event: ping\ndata: {}\n\ndata: 1\n\n",
            [.event(name: "ping", data: "{}"), .event(name: "message", data: "1")]
        ),
        ("event: lonely\n\ndata: x\n\n", [.event(name: "message", data: "x")]),
        (": queue position 3\n\n:\n: a:b\n", [.comment("queue position 3"), .comment(""), .comment("a:b")]),
        ("id: 7\nretry: 9\nunknown: z\ndata: x\n\n", [.event(name: "message", data: "x")]),
        ("data: é😀\u{2028}…\n\n", [.event(name: "message", data: "é😀\u{2028}…")]),
        ("\u{FEFF}data: x\n\n", [.event(name: "message", data: "x")]),
        ("data: x\n\ndata: never ended\n", [.event(name: "message", data: "x")]),
        ("data\n\n", [.event(name: "message", data: "")]),
        ("\n\n\r\n", []),
    ]

    @Test(arguments: [1, 2, 3, 5, 1000])
    func `reads the same whatever the size of the pieces`(chunk: Int) throws {
        for (text, expected) in Self.cases {
            #expect(try items(text, chunk: chunk) == expected, "\(text.debugDescription)")
        }
    }

    @Test func `gives an event as soon as its empty line begins`() throws {
        var parser = EventStreamParser()
        #expect(try parser.push("data: x\r\n".utf8).isEmpty)
        #expect(try parser.push("\r".utf8) == [data("x")])
        #expect(try parser.push("\n".utf8).isEmpty)
    }

    @Test func `refuses a line or an event that does not end`() {
        let megabyte = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        #expect(throws: EventTooLong.self) {
            var parser = EventStreamParser()
            for _ in 0..<5 { _ = try parser.push(megabyte) }
        }
        #expect(throws: EventTooLong.self) {
            var parser = EventStreamParser()
            for _ in 0..<5 { _ = try parser.push("data: ".utf8 + megabyte + "\n".utf8) }
        }
    }
}
