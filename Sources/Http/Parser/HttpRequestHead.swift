/// What a client says before the body: method, target and header fields.
public struct HttpRequestHead: Sendable {
    /// How the end of the body is found.
    public enum Framing: Hashable, Sendable {
        case none
        case length(Int)
        case chunked
    }

    public let version: HttpVersion
    public let headers: HttpHeaders
    public let framing: Framing
    /// The client waits for `100 Continue` before it sends the body.
    public let expectsContinue: Bool
    /// The client is willing to send another request afterwards.
    public let keepsAlive: Bool
    let line: RequestLine

    /// As sent; methods are case-sensitive.
    public var method: String { text(line.method) }

    /// The whole request target as sent.
    public var target: String { text(line.target) }

    /// The target's path, percent-encoded as sent; `*` for the server as a whole.
    public var path: String { line.path.isEmpty ? "/" : text(line.path) }

    /// What follows the question mark, percent-encoded as sent.
    public var query: String? { line.query.map(text) }

    var isHead: Bool { headers.bytes.span.extracting(line.method).isExactly("HEAD") }

    private func text(_ range: Range<Int>) -> String { String(decoding: headers.bytes[range], as: UTF8.self) }
}

extension Span<UInt8> {
    func isExactly(_ word: StaticString) -> Bool {
        guard count == word.utf8CodeUnitCount else { return false }
        for index in 0..<count where self[index] != word.utf8Start[index] { return false }
        return true
    }
}
