/// Makes text uniform as llama.cpp does it for unigram models: as SentencePiece, but a space is put in front
/// of words, not in front of the text.
struct GGUFSpaces: Sendable {
    var map: CharacterMap?
    /// Tokens that the map does not touch.
    ///
    /// llama.cpp leaves alone whatever starts like one of them, even half a character, whose other half it
    /// then takes for damage; so the same is done here.
    var wholeTokens = ByteTrie()
    var addsSpace = false
    var joinsSpaces = false

    func apply(to text: Bytes) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count + text.count / 2)
        var hasAddedSpace = false
        var isInWord = false
        func take(_ byte: UInt8) {
            guard byte == UInt8(ascii: " ") else {
                if !isInWord {
                    isInWord = true
                    if addsSpace && !hasAddedSpace || joinsSpaces {
                        result += Filler.bytes
                        hasAddedSpace = true
                    }
                }
                return result.append(byte)
            }
            isInWord = false
            if !joinsSpaces { result += Filler.bytes }
        }
        var place = 0
        while place < text.count {
            let start = wholeTokens.longestStart(in: text, at: place)
            if start > 0 {
                for byte in text.part(place..<place + start) { take(byte) }
                place += start
            } else if text[place] & 0xC0 == 0x80 {
                for byte in "\u{FFFD}".utf8 { take(byte) }
                place += 1
            } else if let (replacement, byteCount) = map?.longest(text.part(place..<text.count)) {
                for byte in replacement { take(byte) }
                place += byteCount
            } else {
                let end = place + text.scalar(at: place).byteCount
                for byte in text.part(place..<end) { take(byte) }
                place = end
            }
        }
        return result
    }
}
