import Testing

@testable import Chat

@Suite struct `An answer reader` {
    @Test func `turns chunks into text, waits into status and ends into their reason`() {
        var reader = AnswerReader()
        let stream = """
            : queued pos=3

            data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

            data: {"choices":[{"index":0,"delta":{"reasoning_content":"Hm"},"finish_reason":null}]}

            data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}

            data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

            data: {"choices":[],"usage":{"total_tokens":3}}

            data: [DONE]


            """
        #expect(
            reader.read(stream.utf8)
                == [.status("queued pos=3"), .status("thinking"), .text("Hi"), .finished("stop")]
        )
        #expect(reader.isDone)
        #expect(reader.failure == nil)
    }

    @Test(arguments: [
        (#"data: {"error":{"message":"the worker was lost","type":"server_error"}}"#, "the worker was lost"),
        (#"data: {"error":"plain"}"#, #""plain""#),
        ("data: {", "an event is not valid JSON"),
    ])
    func `says why an answer broke off and reads nothing after that`(line: String, failure: String) {
        var reader = AnswerReader()
        #expect(reader.read("\(line)\n\n".utf8).isEmpty)
        #expect(reader.failure == failure)
        #expect(reader.read(#"data: {"choices":[{"delta":{"content":"x"}}]}"#.utf8).isEmpty)
        #expect(!reader.isDone)
    }
}
