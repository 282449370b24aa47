/// One request as it goes over the wire, again and again.
public struct LoadRequest: Sendable {
    public let bytes: [UInt8]

    public init(get path: String) { self.init(get: path, host: "127.0.0.1") }

    public init(get path: String, from address: LoadAddress) {
        self.init(get: path, host: address.hostField)
    }

    public init(post path: String, json body: String) {
        self.init(post: path, json: body, host: "127.0.0.1")
    }

    public init(post path: String, json body: String, to address: LoadAddress) {
        self.init(post: path, json: body, host: address.hostField)
    }

    private init(get path: String, host: String) {
        bytes = Array("GET \(path) HTTP/1.1\r\nHost: \(host)\r\n\r\n".utf8)
    }

    private init(post path: String, json body: String, host: String) {
        let head = """
            POST \(path) HTTP/1.1\r
            Host: \(host)\r
            Content-Type: application/json\r
            Content-Length: \(body.utf8.count)\r
            \r

            """
        bytes = Array((head + body).utf8)
    }
}
