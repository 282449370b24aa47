import Http

/// A request as a parser under test saw it.
struct ParsedRequest: Equatable, CustomStringConvertible {
    var method: String
    var target: String
    var headers: [String]
    var body: [UInt8]

    var description: String { "\(method) \(target) \(headers) \(body.count) bytes" }
}

/// Everything the parser made of some bytes.
struct ParserOutcome: Equatable {
    var requests: [ParsedRequest] = []
    var fault: HttpFault?

    /// Feeds `pieces` one after the other, as a connection would.
    init(of pieces: some Sequence<ArraySlice<UInt8>>, limits: HttpLimits = HttpLimits()) {
        var parser = RequestParser(limits: limits)
        var head: HttpRequestHead?
        do {
            for piece in pieces {
                parser.feed(Array(piece).span)
                while let event = try parser.next() {
                    switch event {
                    case .head(let complete): head = complete
                    case .end(let body):
                        guard let head else { continue }
                        requests.append(ParsedRequest(head, body))
                    }
                }
            }
        } catch {
            fault = error
        }
    }

    init(of text: String, limits: HttpLimits = HttpLimits()) {
        self.init(of: CollectionOfOne(Array(text.utf8)[...]), limits: limits)
    }
}

extension ParsedRequest {
    init(_ head: HttpRequestHead, _ body: [UInt8]) {
        method = head.method
        target = head.target
        headers = head.headers.all.map { "\($0.name)|\($0.value)" }
        self.body = body
    }
}
