internal import Contract
internal import JSON

/// A plain completion being written: as a chat completion, without roles.
struct OpenAICompletionReply: ReplyWriter {
    private var tally: ReplyTally
    private var body: OpenAIReplyBody

    init(_ shape: ReplyShape, _ identity: ReplyIdentity) {
        tally = ReplyTally(shape)
        body = OpenAIReplyBody(
            shape,
            identity,
            OpenAIReplyWords(
                idPrefix: "cmpl-",
                wholeObject: "text_completion",
                chunkObject: "text_completion",
                logprobs: .completion,
                beforeDelta: #","text":""#,
                afterDelta: #"""#,
                beforeText: #","text":""#,
                afterText: #"""#,
                atEnd: #","text":"","logprobs":null,"finish_reason":"#
            )
        )
    }

    var state: ReplyState { tally.state }

    mutating func accept(_ record: TokenRecord, choice: Int, into bytes: inout [UInt8]) {
        guard tally.takes(choice) else { return }
        tally.count(record, choice: choice)
        body.accept(record, choice, tally, into: &bytes)
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
