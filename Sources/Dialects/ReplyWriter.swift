public import Contract

/// Writes the reply to one request, while its token streams come in.
///
/// A value per request; the same path for streamed and whole replies.
///
/// The edge feeds committed records in any interleaving of choices, each choice in order, and sends what is
/// appended. As soon as `state` is no longer `running` there is nothing more to come: a stream has been given
/// its last event, and a whole reply is ready in `wholeAnswer`.
public protocol ReplyWriter: Sendable {
    var state: ReplyState { get }

    /// Takes the next record of choice `choice`, the index of its job in the plan; appends what the stream
    /// shows of it. Appends nothing if the reply is not streamed.
    ///
    /// The head of the stream comes with the first record, because Anthropic's holds the prompt's length. A
    /// record that comes after the end is ignored.
    mutating func accept(_ record: TokenRecord, choice: Int, into bytes: inout [UInt8])

    /// Something to keep a silent stream open, with the place in the queue where it is known.
    func appendKeepAlive(_ place: QueuePosition?, into bytes: inout [UInt8])

    /// Ends the reply for a reason that no record tells: a lost stream, a deadline, a refusal after the head
    /// was sent.
    mutating func fail(_ error: DialectError, into bytes: inout [UInt8])

    /// The whole answer, or the error that took its place. Only when `state` is no longer `running`.
    func wholeAnswer() -> HttpAnswer
}

/// How far a reply is.
public enum ReplyState: Hashable, Sendable {
    case running
    case complete
    /// Told to the client, unless nothing has been sent yet: then `wholeAnswer` is the answer, for streams
    /// too.
    case failed(DialectError)
}
