import TestSupport

/// Makes requests that are nearly right: valid ones, changed a little in the places where readers disagree.
struct RequestMutator {
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    static let valid = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /v1/models?limit=5 HTTP/1.1\r\nHost: example.org:8080\r\nAccept: */*\r\nX-Id: a b\tc\r\n\r\n",
        "GET http://a/b?c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
        "HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "1\r\nx\r\n0\r\nTrailer: t\r\nU: v\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n",
    ]

    private static let lines = [
        "Content-Length: 5", "Content-Length: +5", "Content-Length: 5, 5", "Content-Length: 005",
        "content-length:5 ",
        "Transfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding:\tchunked ",
        "Transfer-Encoding: identity", "transfer-encoding: CHUNKED", "Transfer-Encoding : chunked", "Host: b",
        "Host:", "Connection: close, x", "Connection: keep-alive", " folded", "\tfolded", "X: \u{1}", "X: é",
        "Expect: 100-continue", "Expect: x", "X:", "X: a ,b", "", "0", "5", "5;a=b", "A-very_odd.name~!: v",
        "Proxy-Connection: close", "Keep-Alive: 5", "GET / HTTP/1.1", "Content-Length: 99999999999999999999",
    ]

    private static let bytes = Array("\r\n\0 \t:;,/?#*@[]0159afxAZ-+\"%\u{7F}".utf8) + [0x80, 0xFF]

    /// One to three requests in a row, some of them spoilt.
    mutating func next() -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            var request = Array((Self.valid.randomElement(using: &random) ?? "").utf8)
            for _ in 0..<Int.random(in: 0...3, using: &random) { mutate(&request) }
            bytes += request
        }
        return bytes
    }

    private mutating func mutate(_ request: inout [UInt8]) {
        guard !request.isEmpty else { return }
        let index = Int.random(in: 0..<request.count, using: &random)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: request[index] = Self.bytes.randomElement(using: &random) ?? 0
        case 1: request.insert(Self.bytes.randomElement(using: &random) ?? 0, at: index)
        case 2: request.remove(at: index)
        case 3: request[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 4:
            request.removeSubrange(index..<min(request.count, index + Int.random(in: 1...9, using: &random)))
        case 5: changeLine(&request) { line, _ in line + line }
        default: changeLine(&request) { line, other in line + other }
        }
    }

    /// Replaces one line by what `change` makes of it and of a line from the list.
    private mutating func changeLine(_ request: inout [UInt8], _ change: ([UInt8], [UInt8]) -> [UInt8]) {
        let ends = request.indices.filter { request[$0] == 10 }
        guard let end = ends.randomElement(using: &random) else { return }
        let start = (request[..<end].lastIndex(of: 10) ?? -1) + 1
        let other = Array(((Self.lines.randomElement(using: &random) ?? "") + "\r\n").utf8)
        request.replaceSubrange(start...end, with: change(Array(request[start...end]), other))
    }
}
