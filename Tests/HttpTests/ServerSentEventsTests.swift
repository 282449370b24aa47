import Http
import Testing

@Suite struct `A server-sent event` {
    private func text(_ build: (inout [UInt8]) -> Void) -> String {
        var bytes: [UInt8] = []
        build(&bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `is its data and an empty line`() {
        #expect(text { ServerSentEvents.append(data: "[DONE]", to: &$0) } == "data: [DONE]\n\n")
        #expect(text { ServerSentEvents.append(data: "", to: &$0) } == "data: \n\n")
    }

    @Test func `has its name and id first`() {
        let event = text { ServerSentEvents.append(event: "ping", id: "7", data: "{}", to: &$0) }
        #expect(event == "event: ping\nid: 7\ndata: {}\n\n")
    }

    @Test func `gives every line of its data a line`() {
        let event = text { ServerSentEvents.append(data: "a\nb\r\nc\rd\n", to: &$0) }
        #expect(event == "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n")
    }

    @Test func `lets no field begin inside another`() {
        let event = text { ServerSentEvents.append(event: "a\ndata: x", id: "\r\n1\0", data: "y", to: &$0) }
        #expect(event == "event: a data: x\nid:   1 \ndata: y\n\n")
    }

    @Test func `may be a comment`() {
        #expect(text { ServerSentEvents.append(comment: "still\nhere", to: &$0) } == ": still\n: here\n\n")
    }
}
