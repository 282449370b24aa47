/// Follows one HTTP/1.1 reply to its end, the same way however its bytes were cut.
///
/// Understands what a server says to a client that sends one request after another: a status line, fields,
/// and a body framed by Content-Length or chunks. A pure value; keeps no more of a body than it was asked to.
public struct ReplyReader: Sendable {
    private enum Stage {
        case statusLine
        case field
        case body(remaining: Int)
        case chunkSize
        case chunk(remaining: Int)
        case chunkEnd
        case trailer
        case complete
    }

    private static let lineByteLimit = 8 << 10

    public private(set) var status = 0
    public private(set) var bodyByteCount = 0
    /// The beginning of the body.
    public private(set) var keptBody: [UInt8] = []
    private let keptByteLimit: Int
    private var stage = Stage.statusLine
    private var isChunked = false
    private var length: Int?
    /// The line under way, letters in lower case.
    private var line: [UInt8] = []

    public init(keeping keptByteLimit: Int = 256) { self.keptByteLimit = keptByteLimit }

    public var isComplete: Bool { if case .complete = stage { true } else { false } }

    /// Makes ready for the next reply on the same connection.
    public mutating func reset() {
        stage = .statusLine
        status = 0
        bodyByteCount = 0
        keptBody.removeAll(keepingCapacity: true)
        isChunked = false
        length = nil
    }

    public mutating func feed(_ bytes: Span<UInt8>) throws(ReplyFault) {
        var index = 0
        while index < bytes.count {
            switch stage {
            case .complete:
                throw .bytesAfterReply(bytes.count - index)
            case .body(let remaining):
                let count = take(bytes, from: index, upTo: remaining)
                index += count
                stage = count == remaining ? .complete : .body(remaining: remaining - count)
            case .chunk(let remaining):
                let count = take(bytes, from: index, upTo: remaining)
                index += count
                stage = count == remaining ? .chunkEnd : .chunk(remaining: remaining - count)
            case .statusLine, .field, .chunkSize, .chunkEnd, .trailer:
                try takeLine(byte: bytes[index])
                index += 1
            }
        }
    }

    private mutating func take(_ bytes: Span<UInt8>, from start: Int, upTo limit: Int) -> Int {
        let count = min(limit, bytes.count - start)
        bodyByteCount += count
        for index in start..<start + min(count, max(0, keptByteLimit - keptBody.count)) {
            keptBody.append(bytes[index])
        }
        return count
    }

    private mutating func takeLine(byte: UInt8) throws(ReplyFault) {
        guard byte == UInt8(ascii: "\n") else {
            guard line.count < Self.lineByteLimit else { throw .lineTooLong(limit: Self.lineByteLimit) }
            let isCapital = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            return line.append(isCapital ? byte | 0x20 : byte)
        }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        try endLine()
        line.removeAll(keepingCapacity: true)
    }

    private mutating func endLine() throws(ReplyFault) {
        switch stage {
        case .statusLine:
            try readStatusLine()
            stage = .field
        case .field where line.isEmpty:
            stage = try bodyStage()
        case .field:
            try readField()
        case .chunkSize:
            let size = try number(in: line.prefix { $0 != UInt8(ascii: ";") }, radix: 16)
            stage = size == 0 ? .trailer : .chunk(remaining: size)
        case .chunkEnd:
            guard line.isEmpty else { throw .malformed("the end of a chunk") }
            stage = .chunkSize
        case .trailer:
            if line.isEmpty { stage = .complete }
        case .body, .chunk, .complete:
            break
        }
    }

    /// `http/1.1 200 ok`.
    private mutating func readStatusLine() throws(ReplyFault) {
        let words = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
        guard words.count >= 2, words[0].starts(with: "http/1.".utf8), words[1].count == 3 else {
            throw .malformed("the status line")
        }
        status = try number(in: words[1], radix: 10)
    }

    private mutating func readField() throws(ReplyFault) {
        if let value = value(ofField: "content-length:") {
            length = try number(in: value, radix: 10)
        } else if let value = value(ofField: "transfer-encoding:") {
            guard value.elementsEqual("chunked".utf8) else { throw .malformed("the transfer encoding") }
            isChunked = true
        }
    }

    private func value(ofField name: StaticString) -> ArraySlice<UInt8>? {
        let count = name.utf8CodeUnitCount
        let isField = name.withUTF8Buffer { line.starts(with: $0) }
        guard isField else { return nil }
        let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var value = line[count...].drop(while: isSpace)
        while let last = value.last, isSpace(last) { value.removeLast() }
        return value
    }

    private func bodyStage() throws(ReplyFault) -> Stage {
        if isChunked { return .chunkSize }
        guard let length else { throw .unframed }
        return length == 0 ? .complete : .body(remaining: length)
    }

    /// Sixteen digits of either radix would not always fit.
    private func number(in digits: ArraySlice<UInt8>, radix: Int) throws(ReplyFault) -> Int {
        guard (1...15).contains(digits.count) else { throw .malformed("a number") }
        var number = 0
        for digit in digits {
            guard let value = Character(UnicodeScalar(digit)).hexDigitValue, value < radix else {
                throw .malformed("a number")
            }
            number = number * radix + value
        }
        return number
    }
}

/// Why a reply could not be followed.
public enum ReplyFault: Error, Hashable, Sendable, CustomStringConvertible {
    case malformed(String)
    case lineTooLong(limit: Int)
    /// Only the end of the connection would tell where the body ends.
    case unframed
    case bytesAfterReply(Int)

    public var description: String {
        switch self {
        case .malformed(let part): "\(part) of a reply is malformed"
        case .lineTooLong(let limit): "a line of a reply has more than \(limit) bytes"
        case .unframed: "a reply has neither a length nor chunks"
        case .bytesAfterReply(let count): "\(count) bytes came after the end of a reply"
        }
    }
}
