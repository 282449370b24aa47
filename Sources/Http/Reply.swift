/// A whole reply as a value.
public struct Reply: Sendable {
    public var status: Int
    public var headers: ReplyHeaders
    public var body: [UInt8]

    public init(status: Int, headers: ReplyHeaders = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
