/// Where a reply goes: to a client's connection, or to whoever else wants to know it.
///
/// A responder calls it in a reply's order: `send` alone, or `startStream`, any `write`s and `end`; or
/// breaks it off. Nothing follows the end.
public protocol ReplySink: AnyObject {
    /// Bytes that have not been taken yet.
    var pendingBytes: Int { get }

    func send(status: Int, headers: ReplyHeaders, body: [UInt8])
    func startStream(status: Int, headers: ReplyHeaders)

    /// False: the reader is behind.
    func write(_ bytes: [UInt8]) -> Bool

    /// Ends the stream; `isFailure` if what it told is that something went wrong.
    func end(isFailure: Bool)

    /// Breaks the reply off, so that nobody takes what there is for all of it.
    func abort()

    /// Whoever should have answered let go of the reply.
    func abandon(hasBegun: Bool)
}
