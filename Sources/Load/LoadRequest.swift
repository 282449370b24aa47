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

    /// `fields`: further lines of the head, each a name and a value.
    public init(post path: String, json body: String, to address: LoadAddress, fields: [String] = []) {
        self.init(post: path, json: body, host: address.hostField, fields: fields)
    }

    private init(get path: String, host: String) {
        bytes = Array("GET \(path) HTTP/1.1\r\nHost: \(host)\r\n\r\n".utf8)
    }

    private init(post path: String, json body: String, host: String, fields: [String] = []) {
        let lines =
            [
                "POST \(path) HTTP/1.1", "Host: \(host)", "Content-Type: application/json",
                "Content-Length: \(body.utf8.count)",
            ] + fields + ["", body]
        bytes = Array(lines.joined(separator: "\r\n").utf8)
    }
}
