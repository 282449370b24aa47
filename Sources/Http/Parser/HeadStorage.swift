/// The head of one request as it was read: its bytes, and where everything is in them.
///
/// One object that head and headers share, so that handing either on copies a reference; text is made only
/// for what is asked for.
final class HeadStorage: Sendable {
    /// A header field: where its name and its value lie.
    ///
    /// Offsets fit because a head is bounded far below 4 GiB.
    struct Field: Sendable {
        var nameStart: UInt32
        var nameEnd: UInt32
        var valueStart: UInt32
        var valueEnd: UInt32

        var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
        var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
    }

    let bytes: [UInt8]
    let fields: [Field]
    let line: RequestLine
    let isHead: Bool
    let framing: HttpRequestHead.Framing
    let expectsContinue: Bool
    let keepsAlive: Bool

    /// What the fields say about the message was found while they were read.
    init(bytes: [UInt8], fields: [Field], line: RequestLine, message: MessageFields) {
        self.bytes = bytes
        self.fields = fields
        self.line = line
        isHead = bytes.span.extracting(line.method).isExactly("HEAD")
        framing = message.framing
        expectsContinue = message.expectsContinue && line.version == .http11
        keepsAlive = !message.saysClose && (line.version == .http11 || message.saysKeepAlive)
    }

    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}
