/// The first lines of a reply, as they go on the wire.
struct ReplyHead {
    /// How the client finds the end of the body.
    enum Framing {
        case length(Int)
        case chunked
        /// By the end of the connection: HTTP/1.0 knows no chunks.
        case close
        /// There is none, and none is announced: 1xx, 204 and 304.
        case none
    }

    enum Persistence {
        case close
        /// Said aloud, as HTTP/1.0 needs it.
        case keepAlive
        /// Kept without a word, as HTTP/1.1 takes it.
        case silent
    }

    static let goOn: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"

    var status: Int
    var headers: ReplyHeaders
    var framing: Framing
    var persistence: Persistence

    /// Appends the head; `date` is a whole Date line.
    func append(to bytes: inout [UInt8], date: [UInt8]) {
        bytes.append("HTTP/1.1 ")
        bytes.append(decimal: status)
        bytes.append(.space)
        bytes.append(ReplyStatus.phrase(status))
        bytes.append("\r\n")
        bytes.append(contentsOf: date)
        for field in headers.fields where !Self.isOurs(field.name) {
            bytes.append(contentsOf: field.name.utf8)
            bytes.append(": ")
            for byte in field.value.utf8 { bytes.append(byte.isFieldContent ? byte : .space) }
            bytes.append("\r\n")
        }
        switch framing {
        case .length(let count):
            bytes.append("Content-Length: ")
            bytes.append(decimal: count)
            bytes.append("\r\n")
        case .chunked: bytes.append("Transfer-Encoding: chunked\r\n")
        case .close, .none: break
        }
        switch persistence {
        case .close: bytes.append("Connection: close\r\n")
        case .keepAlive: bytes.append("Connection: keep-alive\r\n")
        case .silent: break
        }
        bytes.append("\r\n")
    }

    private static func isOurs(_ name: String) -> Bool {
        switch name.utf8.count {
        case 4: name.lowercased() == "date"
        case 10: name.lowercased() == "connection"
        case 14: name.lowercased() == "content-length"
        case 17: name.lowercased() == "transfer-encoding"
        default: false
        }
    }
}

extension [UInt8] {
    mutating func append(_ text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a number that is not negative.
    mutating func append(decimal number: Int) {
        if number > 9 { append(decimal: number / 10) }
        append(UInt8(truncatingIfNeeded: 0x30 + number % 10))
    }
}
