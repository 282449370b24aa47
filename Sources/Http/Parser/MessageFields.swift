/// What the header fields say about the message itself: where its body ends, and what becomes of the
/// connection.
///
/// Two readers that disagree here can be made to see different requests in the same bytes, so there is
/// exactly one way to say each thing (RFC 9112 6.3, 11.2).
struct MessageFields: Sendable {
    private var host: Range<Int>?
    private var contentLength: Int?
    private var isChunked = false
    private(set) var expectsContinue = false
    private(set) var saysClose = false
    private(set) var saysKeepAlive = false

    var framing: HttpRequestHead.Framing {
        isChunked ? .chunked : contentLength.map { .length($0) } ?? .none
    }

    /// Notes a field of `head`; names that say nothing about the message pass at the cost of one comparison.
    mutating func note(_ field: HeadStorage.Field, in head: Span<UInt8>) throws(HttpFault) {
        let name = head.extracting(field.name)
        let value = head.extracting(field.value)
        switch name.count {
        case 4 where name.spells("host"): try noteHost(value, at: field.value)
        case 6 where name.spells("expect"): try noteExpectation(value)
        case 10 where name.spells("connection"): noteConnection(value)
        case 14 where name.spells("content-length"): try noteLength(value)
        case 17 where name.spells("transfer-encoding"): try noteTransferEncoding(value)
        default: break
        }
    }

    /// The rules that hold between fields, once the last of them is noted.
    func check(with line: RequestLine, in head: Span<UInt8>) throws(HttpFault) {
        try checkHost(of: line, in: head)
        guard isChunked else { return }
        guard line.version == .http11 else { throw .malformed("Transfer-Encoding in an HTTP/1.0 request") }
        guard contentLength == nil else { throw .malformed("both Transfer-Encoding and Content-Length") }
    }

    private func checkHost(of line: RequestLine, in head: Span<UInt8>) throws(HttpFault) {
        guard let host else {
            guard line.version == .http10 else { throw .malformed("no Host field") }
            return
        }
        guard let authority = line.authority else { return }
        let same =
            host.count == authority.count
            && zip(host, authority).allSatisfy { head[$0].lowercased == head[$1].lowercased }
        guard same else { throw .malformed("the Host field names another host than the request target") }
    }

    private mutating func noteHost(_ value: Span<UInt8>, at range: Range<Int>) throws(HttpFault) {
        guard host == nil else { throw .malformed("more than one Host field") }
        guard Host.isValid(value) else { throw .malformed("the Host field is not a host") }
        host = range
    }

    private mutating func noteExpectation(_ value: Span<UInt8>) throws(HttpFault) {
        guard value.spells("100-continue") else { throw HttpFault(417, "only 100-continue can be expected") }
        expectsContinue = true
    }

    private mutating func noteConnection(_ value: Span<UInt8>) {
        FieldLine.eachElement(of: value) { option in
            if option.spells("close") { saysClose = true }
            if option.spells("keep-alive") { saysKeepAlive = true }
        }
    }

    private mutating func noteLength(_ value: Span<UInt8>) throws(HttpFault) {
        guard contentLength == nil else { throw .malformed("more than one Content-Length field") }
        guard value.count > 0 else { throw .malformed("Content-Length is empty") }
        var length = 0
        for index in 0..<value.count {
            guard value[index].isDigit else { throw .malformed("Content-Length is not a number") }
            let (scaled, first) = length.multipliedReportingOverflow(by: 10)
            let (sum, second) = scaled.addingReportingOverflow(Int(value[index] - 0x30))
            guard !first, !second else { throw .malformed("Content-Length is out of range") }
            length = sum
        }
        contentLength = length
    }

    private mutating func noteTransferEncoding(_ value: Span<UInt8>) throws(HttpFault) {
        guard !isChunked else { throw .malformed("more than one Transfer-Encoding field") }
        guard value.spells("chunked") else { throw HttpFault(501, "the only transfer encoding is chunked") }
        isChunked = true
    }
}
