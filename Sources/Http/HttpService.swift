/// What a server does with requests: the three decisions that are not HTTP's own.
public struct HttpService {
    /// Whether the body of a request may come at all.
    public enum Admission {
        /// Yes, up to that many bytes; nil is the server's limit. The client is told to continue if it asked.
        case accept(bodyByteLimit: Int?)
        /// No: this is the whole reply, and the connection closes after it because the body is never read.
        case refuse(Reply)
    }

    /// Called once per head, before any of the body is kept: the place for keys, routes and their body
    /// limits.
    public var admit: (HttpRequestHead) -> Admission = { _ in .accept(bodyByteLimit: nil) }

    /// Called once per complete request.
    ///
    /// The responder may be answered at once or any time later on the same thread.
    public var handle: (HttpRequest, Responder) -> Void

    /// The reply to a request that could not be read, so that it can be in the dialect of the API; with the
    /// request's head, if that much was read.
    public var render: (HttpFault, HttpRequestHead?) -> Reply = { fault, _ in
        Reply(
            status: fault.status,
            headers: ["content-type": "text/plain; charset=utf-8"],
            body: Array("\(fault.sentence)\n".utf8)
        )
    }

    public init(handle: @escaping (HttpRequest, Responder) -> Void) { self.handle = handle }
}
