internal import JSON

/// Reads one value of a call's arguments byte by byte, in whatever style it is written, and writes it as
/// compact JSON at the same time.
///
/// What has been written is, at any time, the beginning of one JSON value. Numbers and words are written when
/// they are whole, because only then it is known what they are.
struct ValueReader: Sendable {
    enum Outcome: Hashable {
        case more
        /// The value ended with the byte.
        case ended
        /// The value ended before the byte, which was not taken.
        case passed
        case invalid
    }

    private enum Place {
        /// `mayEnd`: an array that is empty so far, or that has a comma behind its last element.
        case value(mayEnd: Bool)
        case key
        case colon
        case afterValue
        /// As many bytes of the quote marker have come.
        case sign(count: Int, isKey: Bool)
        case opening(Opening)
        case string(StringReader, isKey: Bool)
        case word([UInt8], isKey: Bool)
    }

    /// So many quotes have come, of one or three.
    private struct Opening: Sendable {
        var quote: UInt8
        var count: Int
        var isKey: Bool
    }

    static let depth = 64
    private static let wordBytes = 4096

    private let style: ValueStyle
    private let quoteMarker: [UInt8]
    /// A number or a word is a string all the same, because the tool wants one.
    private let wantsText: Bool
    private var place = Place.value(mayEnd: false)
    /// What closes each container that is open.
    private var closers: [UInt8] = []
    /// Written with the element that follows: Python has commas behind the last one.
    private var owesComma = false

    init(_ style: ValueStyle, quoteMarker: [UInt8] = [], wantsText: Bool = false) {
        self.style = style
        self.quoteMarker = quoteMarker
        self.wantsText = wantsText
    }

    mutating func read(_ byte: UInt8, into json: inout [UInt8]) -> Outcome {
        switch place {
        case .value(let mayEnd):
            if byte.isSpace { return .more }
            if mayEnd, byte == closers.last { return close(byte, into: &json) }
            payComma(into: &json)
            return begin(byte, into: &json)
        case .key: return beginKey(byte, into: &json)
        case .colon:
            if byte.isSpace { return .more }
            guard byte == UInt8(ascii: ":") else { return .invalid }
            json.append(byte)
            place = .value(mayEnd: false)
            return .more
        case .afterValue: return readAfterValue(byte, into: &json)
        case .sign(let count, let isKey):
            guard byte == quoteMarker[count] else { return .invalid }
            if count + 1 < quoteMarker.count {
                place = .sign(count: count + 1, isKey: isKey)
            } else {
                beginString(.marker(MarkerMatcher([quoteMarker])), isKey, into: &json)
            }
            return .more
        case .opening(let opening): return readOpening(byte, opening, into: &json)
        case .string(var reader, let isKey):
            let isEnd = reader.read(byte, into: &json)
            place = .string(reader, isKey: isKey)
            guard isEnd else { return .more }
            json.append(UInt8(ascii: "\""))
            return endString(isKey)
        case .word(var word, let isKey): return readWord(byte, &word, isKey, into: &json)
        }
    }

    // MARK: Beginnings

    private mutating func begin(_ byte: UInt8, into json: inout [UInt8]) -> Outcome {
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard closers.count < Self.depth else { return .invalid }
            json.append(byte)
            // The closing bracket is two characters behind the opening one.
            closers.append(byte + 2)
            place = byte == UInt8(ascii: "{") ? .key : .value(mayEnd: true)
            return .more
        case UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: ")"):
            return .invalid
        default: return beginScalar(byte, isKey: false, into: &json)
        }
    }

    private mutating func beginKey(_ byte: UInt8, into json: inout [UInt8]) -> Outcome {
        if byte.isSpace { return .more }
        if byte == UInt8(ascii: "}") {
            return close(byte, into: &json)
        }
        payComma(into: &json)
        return beginScalar(byte, isKey: true, into: &json)
    }

    private mutating func beginScalar(_ byte: UInt8, isKey: Bool, into json: inout [UInt8]) -> Outcome {
        if style.quotes.contains(byte) {
            guard style.hasTripleQuotes else {
                beginString(.quote(byte), isKey, into: &json)
                return .more
            }
            place = .opening(Opening(quote: byte, count: 1, isKey: isKey))
            return .more
        }
        if byte == quoteMarker.first {
            place = .sign(count: 1, isKey: isKey)
            return .more
        }
        guard !isKey || style.hasBareWords, byte < SpecialToken.end else { return .invalid }
        place = .word([byte], isKey: isKey)
        return .more
    }

    private mutating func readOpening(
        _ byte: UInt8,
        _ opening: Opening,
        into json: inout [UInt8]
    ) -> Outcome {
        let (quote, isKey) = (opening.quote, opening.isKey)
        if byte == quote, opening.count == 1 {
            place = .opening(Opening(quote: quote, count: 2, isKey: isKey))
            return .more
        }
        if byte == quote {
            beginString(.tripleQuote(quote), isKey, into: &json)
            return .more
        }
        beginString(.quote(quote), isKey, into: &json)
        guard opening.count == 2 else { return read(byte, into: &json) }
        // Two quotes were an empty string.
        json.append(UInt8(ascii: "\""))
        return endString(isKey) == .ended ? .passed : read(byte, into: &json)
    }

    private mutating func beginString(_ end: StringReader.End, _ isKey: Bool, into json: inout [UInt8]) {
        json.append(UInt8(ascii: "\""))
        place = .string(StringReader(until: end), isKey: isKey)
    }

    private mutating func payComma(into json: inout [UInt8]) {
        if owesComma { json.append(UInt8(ascii: ",")) }
        owesComma = false
    }

    // MARK: Ends

    private mutating func endString(_ isKey: Bool) -> Outcome {
        guard !isKey else {
            place = .colon
            return .more
        }
        place = .afterValue
        return closers.isEmpty ? .ended : .more
    }

    private mutating func close(_ byte: UInt8, into json: inout [UInt8]) -> Outcome {
        owesComma = false
        closers.removeLast()
        json.append(byte)
        place = .afterValue
        return closers.isEmpty ? .ended : .more
    }

    private mutating func readAfterValue(_ byte: UInt8, into json: inout [UInt8]) -> Outcome {
        if byte.isSpace { return .more }
        if byte == closers.last { return close(byte, into: &json) }
        guard byte == UInt8(ascii: ","), let closer = closers.last else { return .invalid }
        owesComma = true
        place = closer == UInt8(ascii: "}") ? .key : .value(mayEnd: true)
        return .more
    }

    // MARK: Words

    private mutating func readWord(
        _ byte: UInt8,
        _ word: inout [UInt8],
        _ isKey: Bool,
        into json: inout [UInt8]
    ) -> Outcome {
        guard isEndOfWord(byte, isKey) else {
            guard word.count < Self.wordBytes, byte < SpecialToken.end else { return .invalid }
            word.append(byte)
            place = .word(word, isKey: isKey)
            return .more
        }
        while word.last?.isSpace ?? false { word.removeLast() }
        guard write(word, isKey, into: &json) else { return .invalid }
        if isKey {
            place = .colon
            return read(byte, into: &json)
        }
        place = .afterValue
        return closers.isEmpty ? .passed : read(byte, into: &json)
    }

    private func isEndOfWord(_ byte: UInt8, _ isKey: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: ")"): true
        case UInt8(ascii: ":"): isKey
        default: byte.isSpace && !style.hasBareWords
        }
    }

    private func write(_ word: [UInt8], _ isKey: Bool, into json: inout [UInt8]) -> Bool {
        let text = String(decoding: word, as: UTF8.self)
        if isKey || wantsText && closers.isEmpty {
            JSONText.append(quoting: word, to: &json)
            return true
        }
        switch text {
        case "true", "True": json += "true".utf8
        case "false", "False": json += "false".utf8
        case "null", "None": json += "null".utf8
        default:
            if let number = Self.number(text) {
                json += number.utf8
            } else if style.hasBareWords {
                JSONText.append(quoting: word, to: &json)
            } else {
                return false
            }
        }
        return true
    }

    /// A number as JSON writes it, to the digit where it is JSON already.
    private static func number(_ text: String) -> String? {
        guard text.utf8.contains(where: \.isDigit) else { return nil }
        if let value = try? JSONValue(parsing: text), value.numberValue != nil { return text }
        let plain = text.replacing("_", with: "")
        if let integer = Int64(plain) { return "\(integer)" }
        guard let number = Double(plain), number.isFinite else { return nil }
        return "\(number)"
    }
}
