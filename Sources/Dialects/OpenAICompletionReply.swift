internal import Contract
internal import JSON

/// A plain completion being written: as a chat completion, without roles.
struct OpenAICompletionReply: ReplyWriter {
    private var tally: ReplyTally
    private var body: OpenAIReplyBody
    /// Escaped; only filled if the reply is not streamed.
    private var texts: [[UInt8]]

    init(_ shape: ReplyShape, _ identity: ReplyIdentity) {
        tally = ReplyTally(shape)
        texts = tally.choices.map { _ in [] }
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
                atEnd: #","text":"","logprobs":null,"finish_reason":"#
            )
        )
    }

    var state: ReplyState { tally.state }

    mutating func accept(_ record: TokenRecord, choice: Int, into bytes: inout [UInt8]) {
        guard tally.takes(choice) else { return }
        tally.count(record, choice: choice)
        body.note(record, choice)
        body.append(record.text, choice, to: &bytes)
        if !tally.streams { JSONWriter.append(escaping: record.text, to: &texts[choice]) }
        body.acceptEnd(record, choice, tally, into: &bytes)
    }

    func appendKeepAlive(_ place: QueuePosition?, into bytes: inout [UInt8]) {
        body.appendKeepAlive(place, into: &bytes)
    }

    mutating func fail(_ error: DialectError, into bytes: inout [UInt8]) {
        guard state == .running else { return }
        tally.fail(error)
        body.appendEnd(tally, to: &bytes)
    }

    func wholeAnswer() -> HttpAnswer {
        body.wholeAnswer(tally) { choice, bytes in
            bytes += #","text":""#.utf8
            bytes += texts[choice]
            bytes.append(UInt8(ascii: "\""))
        }
    }
}
