/// The words of a BERT model as GGUF files have them: cleaned, in lower case where the model wants it, each
/// with a filler in front.
struct BertWords: Sendable {
    var lowercases: Bool
    var stripsAccents: Bool

    /// Calls `body` with every word; `buffer` is working memory.
    func forEach(in text: Bytes, _ buffer: inout [UInt8], _ body: (Bytes) -> Void) {
        func finishWord() {
            guard buffer.count > Filler.bytes.count else { return }
            buffer.withUnsafeBufferPointer(body)
            buffer.removeLast(buffer.count - Filler.bytes.count)
        }
        buffer = Filler.bytes
        var place = 0
        while place < text.count {
            let (original, byteCount) = text.scalar(at: place)
            place += byteCount
            let scalar = stripsAccents ? UnicodeForm.firstOfDecomposition(original) : original
            if scalar.isWhiteSpace {
                finishWord()
                continue
            }
            if scalar.value == 0 || scalar.value == 0xFFFD || scalar.isControl { continue }
            if stripsAccents, scalar.isMark { continue }
            let isAlone = scalar.standsAlone
            if isAlone { finishWord() }
            append(scalar, to: &buffer)
            if isAlone { finishWord() }
        }
        finishWord()
    }

    private func append(_ scalar: Unicode.Scalar, to buffer: inout [UInt8]) {
        guard lowercases else { return buffer.append(scalar) }
        if scalar.isASCII {
            let byte = UInt8(scalar.value)
            buffer.append((0x41...0x5A).contains(byte) ? byte + 0x20 : byte)
        } else {
            buffer.append(scalar.simpleLowercase)
        }
    }
}

extension Unicode.Scalar {
    /// The categories Cc, Cf, Co and Cs.
    fileprivate var isControl: Bool {
        if isASCII { return value < 0x20 || value == 0x7F }
        return switch properties.generalCategory {
        case .control, .format, .privateUse, .surrogate: true
        default: false
        }
    }

    /// The categories M*.
    fileprivate var isMark: Bool {
        guard value >= 0x300 else { return false }
        return switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: true
        default: false
        }
    }

    /// Punctuation, ASCII's symbols and Chinese characters are words of their own.
    fileprivate var standsAlone: Bool {
        if isASCII { return value > 0x20 && value < 0x7F && (!isWord || value == 0x5F) }
        if isChinese { return true }
        return switch properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
            .initialPunctuation, .finalPunctuation, .otherPunctuation:
            true
        default: false
        }
    }

    /// The lower-case form where it is one character.
    fileprivate var simpleLowercase: Unicode.Scalar {
        guard hasCase else { return self }
        let mapped = properties.lowercaseMapping.unicodeScalars
        return mapped.first ?? self
    }
}
