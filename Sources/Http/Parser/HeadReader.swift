/// Reads the head of one request, a line at a time, as its bytes arrive.
///
/// A line is looked at only when its CR LF is there or it has grown too long, but for the very first byte; so
/// how the bytes were cut changes nothing. A byte is looked at only once, so a client that sends single bytes
/// costs no more than another.
struct HeadReader: Sendable {
    private var lineStart = 0
    /// How much of the unfinished line is known to hold no line feed.
    private var scannedCount = 0
    private var skippedEmptyLine = false
    private var line: RequestLine?
    private var fields: [HeadStorage.Field] = []
    private var message = MessageFields()

    /// Whether anything of the head has been seen.
    var hasBegun: Bool { lineStart > 0 || scannedCount > 0 || skippedEmptyLine }

    /// The head, once its empty line is there; it is then taken out of `input`.
    mutating func read(_ input: inout InputBuffer, _ limits: HttpLimits) throws(HttpFault) -> HttpRequestHead?
    {
        while let content = try nextLine(input, limits) {
            guard !content.isEmpty else {
                guard let line else {
                    try skipEmptyLine(&input)
                    continue
                }
                let bytes = Array(input.bytes[input.start..<input.start + lineStart])
                input.consume(lineStart)
                try message.check(with: line, in: bytes.span)
                let storage = HeadStorage(bytes: bytes, fields: fields, line: line, message: message)
                return HttpRequestHead(storage: storage)
            }
            let head = input.bytes.span.extracting(input.start..<input.start + lineStart)
            if line == nil {
                line = try RequestLine(head.extracting(content), at: content.lowerBound, limits: limits)
                fields.reserveCapacity(8)
            } else {
                try add(content, of: head, limits)
            }
        }
        return nil
    }

    /// The next finished line without its CR LF.
    private mutating func nextLine(
        _ input: InputBuffer,
        _ limits: HttpLimits
    ) throws(HttpFault) -> Range<Int>? {
        if line == nil { try checkBeginning(input) }
        let lengthLimit =
            line == nil
            ? min(limits.headBytes, limits.targetBytes + RequestLine.maximumOverhead)
            : limits.headBytes - lineStart
        let lineFeed = input.lineFeed(from: lineStart + scannedCount)
        let length = lineFeed.map { $0 + 1 - lineStart } ?? input.count - lineStart
        guard length <= lengthLimit else {
            throw line == nil
                ? HttpFault(414, "the request line is longer than \(lengthLimit) bytes")
                : HttpFault(431, "the request head is longer than \(limits.headBytes) bytes")
        }
        guard let lineFeed else {
            scannedCount = length
            return nil
        }
        guard length > 1, input[lineFeed - 1] == .carriageReturn else {
            throw .malformed("a line of the request head does not end with CR LF")
        }
        defer {
            lineStart = lineFeed + 1
            scannedCount = 0
        }
        return lineStart..<lineFeed - 1
    }

    /// What speaks something else, such as TLS, may not send a line feed for a long time.
    private func checkBeginning(_ input: InputBuffer) throws(HttpFault) {
        guard lineStart < input.count else { return }
        let byte = input[lineStart]
        guard byte.isToken || byte == .carriageReturn || byte == .lineFeed else {
            throw .malformed("the request does not begin with a method")
        }
    }

    /// One empty line before a request is forgiven (RFC 9112 2.2).
    private mutating func skipEmptyLine(_ input: inout InputBuffer) throws(HttpFault) {
        guard !skippedEmptyLine else { throw .malformed("the request begins with empty lines") }
        skippedEmptyLine = true
        input.consume(lineStart)
        lineStart = 0
    }

    private mutating func add(
        _ content: Range<Int>,
        of head: Span<UInt8>,
        _ limits: HttpLimits
    ) throws(HttpFault) {
        guard fields.count < limits.fieldCount else {
            throw HttpFault(431, "the request has more than \(limits.fieldCount) header fields")
        }
        let (nameEnd, value) = try FieldLine.split(head.extracting(content))
        let start = content.lowerBound
        let field = HeadStorage.Field(
            nameStart: UInt32(clamping: start),
            nameEnd: UInt32(clamping: start + nameEnd),
            valueStart: UInt32(clamping: start + value.lowerBound),
            valueEnd: UInt32(clamping: start + value.upperBound)
        )
        try message.note(field, in: head)
        fields.append(field)
    }
}
