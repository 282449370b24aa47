/// The first line of a request: where its parts are in the bytes of the head.
struct RequestLine: Sendable {
    /// No registered method is longer than 17 letters.
    static let maximumMethodBytes = 32
    /// What the line holds besides the target: the method, two spaces, the version, CR LF.
    static let maximumOverhead = maximumMethodBytes + 12

    var method: Range<Int>
    var target: Range<Int>
    var version: HttpVersion
    /// Empty when an absolute target has none, which means "/".
    var path: Range<Int>
    var query: Range<Int>?
    /// The host of an absolute target; it must be the one that the Host field names.
    var authority: Range<Int>?

    /// Reads `method SP target SP version` (RFC 9112 3); `line` begins at `offset` in the head and has no CR
    /// LF.
    init(_ line: Span<UInt8>, at offset: Int, limits: HttpLimits) throws(HttpFault) {
        guard let methodEnd = line.firstIndex(of: .space), methodEnd > 0 else {
            throw .malformed("the request line has no method")
        }
        guard let targetEnd = line.firstIndex(of: .space, from: methodEnd + 1) else {
            throw .malformed("the request line has no version")
        }
        for index in 0..<methodEnd where !line[index].isToken {
            throw .malformed("the method is not a token")
        }
        guard methodEnd <= Self.maximumMethodBytes else {
            throw HttpFault(501, "the method is longer than \(Self.maximumMethodBytes) bytes")
        }
        guard !line.extracting(0..<methodEnd).isExactly("CONNECT") else {
            throw HttpFault(501, "CONNECT is not supported")
        }
        let target = methodEnd + 1..<targetEnd
        guard target.count <= limits.targetBytes else {
            throw HttpFault(414, "the request target is longer than \(limits.targetBytes) bytes")
        }
        for index in target where !line[index].isTarget {
            throw .malformed("the request target has a byte that does not belong in it")
        }
        version = try Self.version(line.extracting(targetEnd + 1..<line.count))
        method = offset..<offset + methodEnd
        self.target = target.lowerBound + offset..<target.upperBound + offset
        path = self.target
        try split(line.extracting(target), isOptions: line.extracting(0..<methodEnd).isExactly("OPTIONS"))
    }

    private static func version(_ text: Span<UInt8>) throws(HttpFault) -> HttpVersion {
        if text.isExactly("HTTP/1.1") { return .http11 }
        if text.isExactly("HTTP/1.0") { return .http10 }
        guard text.count == 8, text.extracting(0..<5).isExactly("HTTP/"), text[5].isDigit, text[6] == 0x2E,
            text[7].isDigit
        else { throw .malformed("the version is not of the form HTTP/1.1") }
        throw HttpFault(505, "only HTTP/1.1 and HTTP/1.0 are spoken")
    }

    /// Finds path and query in the three forms of RFC 9112 3.2 that a server may meet; the fourth belongs to
    /// CONNECT.
    private mutating func split(_ text: Span<UInt8>, isOptions: Bool) throws(HttpFault) {
        guard text.count > 0 else { throw .malformed("the request target is empty") }
        var pathStart = 0
        if text[0] == .asterisk {
            guard isOptions, text.count == 1 else {
                throw .malformed("only OPTIONS * has an asterisk for a target")
            }
        } else if text[0] != .slash {
            let schemeEnd = try Self.schemeEnd(text)
            pathStart = schemeEnd
            while pathStart < text.count, text[pathStart] != .slash, text[pathStart] != .questionMark {
                pathStart += 1
            }
            guard Host.isValid(text.extracting(schemeEnd..<pathStart)) else {
                throw .malformed("the host in the request target is not valid")
            }
            authority = target.lowerBound + schemeEnd..<target.lowerBound + pathStart
        }
        let pathEnd = text.firstIndex(of: .questionMark, from: pathStart) ?? text.count
        path = target.lowerBound + pathStart..<target.lowerBound + pathEnd
        query = pathEnd < text.count ? target.lowerBound + pathEnd + 1..<target.upperBound : nil
    }

    private static func schemeEnd(_ text: Span<UInt8>) throws(HttpFault) -> Int {
        if text.count >= 7, text.extracting(0..<7).spells("http://") { return 7 }
        if text.count >= 8, text.extracting(0..<8).spells("https://") { return 8 }
        throw .malformed("the request target is neither a path nor an http address")
    }
}
