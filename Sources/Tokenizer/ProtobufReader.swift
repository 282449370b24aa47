/// Reads the fields of one protocol-buffers message, in the order in which they stand.
///
/// Lengths and numbers are checked against what is left, so that a damaged file ends in an error.
struct ProtobufReader {
    enum Value {
        /// An integer, a flag or an enumeration.
        case number(UInt64)
        case single(Float)
        /// A text, bytes or a message.
        case bytes(Range<Int>)
        /// A number of eight bytes; nothing here has one.
        case wide
    }

    let bytes: [UInt8]
    private var place: Int
    private let end: Int

    init(_ bytes: [UInt8], _ range: Range<Int>? = nil) {
        self.bytes = bytes
        place = range?.lowerBound ?? 0
        end = range?.upperBound ?? bytes.count
    }

    /// The next field, nil at the end.
    mutating func next() throws(TokenizerError) -> (number: UInt64, value: Value)? {
        guard place < end else { return nil }
        let tag = try readNumber()
        let number = tag >> 3
        switch tag & 7 {
        case 0: return (number, .number(try readNumber()))
        case 1:
            _ = try take(8)
            return (number, .wide)
        case 2:
            let count = try readNumber()
            guard count <= UInt64(end - place) else { throw failure("a length reaches behind the end") }
            return (number, .bytes(try take(Int(count))))
        case 5:
            let range = try take(4)
            let bits = range.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32(bytes[$1]) }
            return (number, .single(Float(bitPattern: bits)))
        default: throw failure("there is a field of an unknown kind")
        }
    }

    private mutating func readNumber() throws(TokenizerError) -> UInt64 {
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            let byte = bytes[try take(1).lowerBound]
            if shift < 64 { number |= UInt64(byte & 0x7F) << shift }
            if byte < 0x80 { return number }
        }
        throw failure("there is a number of more than ten bytes")
    }

    private mutating func take(_ count: Int) throws(TokenizerError) -> Range<Int> {
        guard count <= end - place else { throw failure("it ends too early") }
        place += count
        return place - count..<place
    }

    private func failure(_ problem: String) -> TokenizerError {
        TokenizerError("the SentencePiece model is damaged near byte \(place): \(problem)")
    }
}
