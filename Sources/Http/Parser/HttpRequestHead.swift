/// What a client says before the body: method, target and header fields.
public struct HttpRequestHead: Sendable {
    /// How the end of the body is found.
    public enum Framing: Hashable, Sendable {
        case none
        case length(Int)
        case chunked
    }

    let storage: HeadStorage

    public var version: HttpVersion { storage.line.version }

    public var headers: HttpHeaders { HttpHeaders(storage: storage) }

    public var framing: Framing { storage.framing }

    /// The client waits for `100 Continue` before it sends the body.
    public var expectsContinue: Bool { storage.expectsContinue }

    /// The client is willing to send another request afterwards.
    public var keepsAlive: Bool { storage.keepsAlive }

    /// As sent; methods are case-sensitive.
    public var method: String { storage.text(storage.line.method) }

    /// The whole request target as sent.
    public var target: String { storage.text(storage.line.target) }

    /// The target's path, percent-encoded as sent; `*` for the server as a whole.
    public var path: String { storage.line.path.isEmpty ? "/" : storage.text(storage.line.path) }

    /// What follows the question mark, percent-encoded as sent.
    public var query: String? { storage.line.query.map(storage.text) }

    var isHead: Bool { storage.isHead }
}
