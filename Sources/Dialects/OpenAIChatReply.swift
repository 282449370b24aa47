internal import Contract
internal import JSON

/// A chat completion being written.
///
/// Streamed: per choice a delta with the role, deltas with content, one with the finish reason; then the
/// usage if it was asked for, then `[DONE]`.
struct OpenAIChatReply: ReplyWriter {
    private var tally: ReplyTally
    private var body: OpenAIReplyBody

    init(_ shape: ReplyShape, _ identity: ReplyIdentity) {
        tally = ReplyTally(shape)
        body = OpenAIReplyBody(
            shape,
            identity,
            OpenAIReplyWords(
                idPrefix: "chatcmpl-",
                wholeObject: "chat.completion",
                chunkObject: "chat.completion.chunk",
                logprobs: .chat,
                beforeDelta: #","delta":{"content":""#,
                afterDelta: #""}"#,
                beforeText: #","message":{"role":"assistant","content":""#,
                afterText: #"","refusal":null,"annotations":[]}"#,
                atEnd: #","delta":{},"logprobs":null,"finish_reason":"#
            )
        )
    }

    var state: ReplyState { tally.state }

    mutating func accept(_ record: TokenRecord, choice: Int, into bytes: inout [UInt8]) {
        guard tally.takes(choice) else { return }
        if !tally.hasBegun { appendRoles(to: &bytes) }
        tally.count(record, choice: choice)
        body.accept(record, choice, tally, into: &bytes)
    }

    /// All choices begin together and in order: OpenAI's Python helper for streams fails on a stream whose
    /// first chunk is not of choice 0.
    private func appendRoles(to bytes: inout [UInt8]) {
        for choice in tally.choices.indices {
            body.appendChunk(
                choice,
                #","delta":{"role":"assistant","content":"","refusal":null}"#
                    + #","logprobs":null,"finish_reason":null}"#,
                to: &bytes
            )
        }
    }

    func appendKeepAlive(_ place: QueuePosition?, into bytes: inout [UInt8]) {
        body.appendKeepAlive(place, into: &bytes)
    }

    mutating func fail(_ error: DialectError, into bytes: inout [UInt8]) {
        guard state == .running else { return }
        tally.fail(error)
        body.appendEnd(tally, to: &bytes)
    }

    func wholeAnswer() -> HttpAnswer { body.wholeAnswer(tally) }
}
