/// Takes a chunked body apart as its bytes arrive (RFC 9112 7.1).
///
/// Extensions are ignored and trailers dropped; both are bounded, and so is what they cost next to the data.
struct ChunkedReader: Sendable {
    private enum Stage {
        case size
        case data(remainingCount: Int)
        case dataEnd
        case trailers
    }

    private var stage = Stage.size
    private var scannedCount = 0
    private var extensionByteCount = 0
    private var trailerByteCount = 0
    private var trailerCount = 0

    /// Moves what has arrived to `body`; true once the body is complete.
    mutating func read(
        _ input: inout InputBuffer,
        to body: inout [UInt8],
        bodyLimit: Int,
        _ limits: HttpLimits
    ) throws(HttpFault) -> Bool {
        while true {
            switch stage {
            case .size:
                guard let line = try nextLine(input, limits.chunkLineBytes, "a chunk size") else {
                    return false
                }
                let size = try chunkSize(input, line, limits)
                guard size <= bodyLimit - body.count else { throw .bodyTooLarge(bodyLimit) }
                input.consume(line.upperBound + 2)
                stage = size == 0 ? .trailers : .data(remainingCount: size)
            case .data(let remainingCount):
                let left = remainingCount - input.move(upTo: remainingCount, to: &body)
                stage = left == 0 ? .dataEnd : .data(remainingCount: left)
                guard left == 0 else { return false }
            case .dataEnd:
                guard try takeDataEnd(&input) else { return false }
                stage = .size
            case .trailers:
                let limit = max(0, limits.trailerBytes - trailerByteCount)
                guard let line = try nextLine(input, limit, "the rest of the trailer section") else {
                    return false
                }
                try checkTrailer(input, line, limits)
                trailerByteCount += line.upperBound + 2
                input.consume(line.upperBound + 2)
                if line.isEmpty { return true }
            }
        }
    }

    /// The next finished line, from offset 0, without its CR LF.
    private mutating func nextLine(
        _ input: InputBuffer,
        _ limit: Int,
        _ name: StaticString
    ) throws(HttpFault) -> Range<Int>? {
        let lineFeed = input.lineFeed(from: scannedCount)
        let length = lineFeed.map { $0 + 1 } ?? input.count
        guard length <= limit else { throw .malformed("\(name) is longer than \(limit) bytes") }
        guard let lineFeed else {
            scannedCount = length
            return nil
        }
        scannedCount = 0
        guard lineFeed > 0, input[lineFeed - 1] == .carriageReturn else {
            throw .malformed("\(name) does not end with CR LF")
        }
        return 0..<lineFeed - 1
    }

    private mutating func chunkSize(
        _ input: InputBuffer,
        _ line: Range<Int>,
        _ limits: HttpLimits
    ) throws(HttpFault) -> Int {
        var size = 0
        var index = 0
        while index < line.count, let digit = input[index].hexDigit {
            // 15 digits are more than any limit and less than any overflow; leading zeros count as digits.
            guard index < 15 else { throw .malformed("a chunk size has more than 15 digits") }
            size = size << 4 | digit
            index += 1
        }
        guard index > 0 else { throw .malformed("a chunk size is not a hexadecimal number") }
        guard index < line.count else { return size }
        guard input[index] == .semicolon else { throw .malformed("a chunk size is not a hexadecimal number") }
        for offset in index..<line.count where !input[offset].isFieldContent {
            throw .malformed("a chunk extension has a control character")
        }
        extensionByteCount += line.count - index
        guard extensionByteCount <= limits.chunkExtensionBytes else {
            throw .malformed("the chunk extensions are longer than \(limits.chunkExtensionBytes) bytes")
        }
        return size
    }

    private func takeDataEnd(_ input: inout InputBuffer) throws(HttpFault) -> Bool {
        let fault = HttpFault.malformed("a chunk is not followed by CR LF")
        guard input.count > 0 else { return false }
        guard input[0] == .carriageReturn else { throw fault }
        guard input.count > 1 else { return false }
        guard input[1] == .lineFeed else { throw fault }
        input.consume(2)
        return true
    }

    private mutating func checkTrailer(
        _ input: InputBuffer,
        _ line: Range<Int>,
        _ limits: HttpLimits
    ) throws(HttpFault) {
        guard !line.isEmpty else { return }
        trailerCount += 1
        guard trailerCount <= limits.fieldCount else {
            throw HttpFault(431, "the request has more than \(limits.fieldCount) trailer fields")
        }
        let text = input.bytes.span.extracting(input.start..<input.start + line.upperBound)
        let name = text.extracting(0..<(try FieldLine.split(text).nameEnd))
        // A field that frames the message comes too late here (RFC 9110 6.5.1).
        guard !name.spells("content-length"), !name.spells("transfer-encoding"), !name.spells("host") else {
            throw .malformed("a trailer field frames the message")
        }
    }
}

extension HttpFault {
    static func bodyTooLarge(_ limit: Int) -> HttpFault {
        HttpFault(413, "the body is longer than \(limit) bytes")
    }
}
