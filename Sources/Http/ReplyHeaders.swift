/// The header fields that a handler gives its reply, in order.
///
/// Content-Length, Transfer-Encoding, Connection and Date are the server's own; a handler's are left out.
public struct ReplyHeaders: Sendable, ExpressibleByDictionaryLiteral {
    var fields: [(name: String, value: String)]

    public init() { fields = [] }

    public init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { (name: $0.0, value: $0.1) }
    }

    /// `name` must be a token; control characters in `value` become spaces, so that an echoed value cannot
    /// begin a field of its own.
    public mutating func append(_ name: String, _ value: String) { fields.append((name, value)) }
}

extension ReplyHeaders {
    /// The fields of both, in order.
    public static func + (first: ReplyHeaders, second: ReplyHeaders) -> ReplyHeaders {
        var both = first
        both.fields += second.fields
        return both
    }
}
