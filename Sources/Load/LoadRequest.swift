/// One request as it goes over the wire, again and again.
public struct LoadRequest: Sendable {
    public let bytes: [UInt8]

    public init(get path: String) {
        bytes = Array("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".utf8)
    }

    public init(post path: String, json body: String) {
        let head = """
            POST \(path) HTTP/1.1\r
            Host: 127.0.0.1\r
            Content-Type: application/json\r
            Content-Length: \(body.utf8.count)\r
            \r

            """
        bytes = Array((head + body).utf8)
    }
}
