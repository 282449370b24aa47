import Contract
import Testing

@testable import Load

@Suite struct `A streamed reply` {
    private static let start = Instant(microseconds: 1000)

    /// The parts of a body with the microseconds after the request at which they came.
    private func reply(_ parts: [(at: Int64, text: String)]) -> StreamReply {
        var reply = StreamReply(sentAt: Self.start)
        for (at, text) in parts {
            reply.body += Array(text.utf8)
            reply.endedAt = Instant(microseconds: 1000 + at)
            reply.arrivals.append(.init(at: reply.endedAt, byteCount: reply.body.count))
        }
        return reply
    }

    private func piece(_ text: String) -> String { #"data: {"choices":[{"text":"\#(text)"}]}"# + "\n\n" }

    private static let usage = """
        data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,\
        "prompt_tokens_details":{"cached_tokens":4}}}\n\ndata: [DONE]\n\n
        """

    @Test func `has a first token, gaps and what the server counted`() {
        let figures = StreamFigures(
            reply([(50, piece("")), (70, piece("a")), (90, piece("b") + piece("c")), (99, Self.usage)])
        )
        #expect(figures.timeToFirstToken == 70)
        #expect(figures.gaps == [20, 0])
        #expect(figures.completionTokens == 3)
        #expect(figures.promptTokens == 9)
        #expect(figures.cachedTokens == 4)
        #expect(figures.fault == nil)
    }

    @Test func `has its events when their last bytes came, wherever it was cut`() {
        let whole = Array((piece("a") + ": wait\n\n" + piece("b").replacing("\n", with: "\r\n")).utf8)
        for cut in 1..<whole.count {
            var reply = StreamReply(sentAt: Self.start)
            reply.body = whole
            reply.arrivals = [
                .init(at: Instant(microseconds: 1), byteCount: cut),
                .init(at: Instant(microseconds: 2), byteCount: whole.count),
            ]
            let events = reply.events()
            let firstEnd = piece("a").utf8.count
            #expect(events.map(\.at.microseconds) == [cut >= firstEnd ? 1 : 2, 2], "cut at \(cut)")
            #expect(
                events.map { String(decoding: $0.data, as: UTF8.self).contains("choices") } == [true, true]
            )
        }
    }

    @Test func `keeps the text and the reason of the end, to be compared`() {
        let end = #"data: {"choices":[{"text":"","finish_reason":"length"}]}"# + "\n\n"
        let figures = StreamFigures(reply([(1, piece("a")), (2, piece(" lane")), (3, end)]))
        #expect(figures.text == "a lane")
        #expect(figures.finishReason == "length")
    }

    @Test func `understands the pieces of a chat`() {
        let data = #"data: {"choices":[{"delta":{"role":"assistant"}}]}"# + "\n\n"
        let text = #"data: {"choices":[{"delta":{"content":"Hi"}}]}"# + "\n\n"
        let figures = StreamFigures(reply([(5, data), (8, text)]))
        #expect(figures.timeToFirstToken == 8)
        #expect(figures.completionTokens == 1)
    }

    @Test func `that broke says how`() {
        let error = "data: {\"error\":{\"message\":\"no room\"}}\n\n"
        #expect(StreamFigures(reply([(1, piece("a")), (2, error)])).fault?.contains("no room") == true)
        #expect(StreamFigures(reply([(1, "data: nonsense\n\n")])).fault != nil)
        var silent = reply([])
        silent.fault = .closed
        #expect(StreamFigures(silent).fault == "\(LoadFault.closed)")
        #expect(StreamFigures(silent).timeToFirstToken == 0)
    }
}
