/// A complete HTTP answer, for the edge to send as it is.
///
/// `content-length` and connection headers are the edge's.
public struct HttpAnswer: Hashable, Sendable {
    public var status: Int
    public var headers: [HttpField]
    public var body: [UInt8]

    public init(status: Int, headers: [HttpField], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// One header line; `name` in lower case.
public struct HttpField: Hashable, Sendable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
