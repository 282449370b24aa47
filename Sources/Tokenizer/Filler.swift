/// The character U+2581, which vocabularies of the SentencePiece family write for a space.
enum Filler {
    static let bytes: [UInt8] = [0xE2, 0x96, 0x81]

    /// Where the next filler stands that follows another character, or the end of the text.
    static func nextRun(in text: Bytes, after start: Int) -> Int {
        var isInRun = isFiller(text, start)
        var place = start + (isInRun ? 3 : 1)
        while place < text.count {
            let isHere = text[place] == 0xE2 && isFiller(text, place)
            if isHere, !isInRun { return place }
            isInRun = isHere
            place += isHere ? 3 : 1
        }
        return text.count
    }

    static func isFiller(_ text: Bytes, _ place: Int) -> Bool {
        place + 3 <= text.count && text[place] == 0xE2 && text[place + 1] == 0x96 && text[place + 2] == 0x81
    }
}

extension Vocabulary {
    /// Whether a token has a filler behind another character; where none has, no merge joins two words.
    var hasInnerFiller: Bool {
        for id in 0..<UInt32(size) {
            guard let token = token(id), token.count > 3 else { continue }
            if token.withUnsafeBufferPointer({ Filler.nextRun(in: $0, after: 0) < $0.count }) { return true }
        }
        return false
    }
}
