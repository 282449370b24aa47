/// Writes the lines of a server-sent event stream (WHATWG HTML 9.2) to a byte buffer.
public enum ServerSentEvents {
    /// Headers of a reply that is such a stream; proxies are asked not to hold it back.
    public static let headers: ReplyHeaders = [
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache",
        "x-accel-buffering": "no",
    ]

    /// Appends one event.
    ///
    /// Every line of `data` gets a line of its own, whichever line ending it has.
    public static func append(event: String? = nil, id: String? = nil, data: [UInt8], to bytes: inout [UInt8])
    {
        if let event { append("event: ", onOneLine: event, to: &bytes) }
        if let id { append("id: ", onOneLine: id, to: &bytes) }
        append("data: ", linesOf: data, to: &bytes)
        bytes.append(.lineFeed)
    }

    /// As above, for text.
    public static func append(event: String? = nil, id: String? = nil, data: String, to bytes: inout [UInt8])
    {
        append(event: event, id: id, data: Array(data.utf8), to: &bytes)
    }

    /// Appends a comment, which clients ignore: it keeps proxies from closing a quiet stream.
    public static func append(comment: String, to bytes: inout [UInt8]) {
        append(": ", linesOf: Array(comment.utf8), to: &bytes)
        bytes.append(.lineFeed)
    }

    private static func append(_ name: StaticString, linesOf data: [UInt8], to bytes: inout [UInt8]) {
        bytes.append(name)
        var previous: UInt8 = 0
        for byte in data {
            let isLineEnd = byte == .lineFeed || byte == .carriageReturn
            if !isLineEnd {
                bytes.append(byte)
            } else if !(byte == .lineFeed && previous == .carriageReturn) {
                bytes.append(.lineFeed)
                bytes.append(name)
            }
            previous = byte
        }
        bytes.append(.lineFeed)
    }

    /// A line end here would begin a field of its own, and a NUL makes clients ignore an id.
    private static func append(_ name: StaticString, onOneLine text: String, to bytes: inout [UInt8]) {
        bytes.append(name)
        for byte in text.utf8 {
            bytes.append(byte == .lineFeed || byte == .carriageReturn || byte == 0 ? .space : byte)
        }
        bytes.append(.lineFeed)
    }
}
