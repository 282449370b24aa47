/// One complete request: what the client said, all of it, and from where.
public struct HttpRequest: Sendable {
    public let head: HttpRequestHead
    public let body: [UInt8]
    /// The client's address and port as text, such as `192.0.2.7:52100` or `[2001:db8::7]:52100`.
    public let peer: String

    public var method: String { head.method }
    public var path: String { head.path }
    public var query: String? { head.query }
    public var headers: HttpHeaders { head.headers }
}
