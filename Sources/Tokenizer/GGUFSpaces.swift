/// Makes text uniform as llama.cpp does it for unigram models: as SentencePiece, but a space is put in front
/// of words, not in front of the text.
struct GGUFSpaces: Sendable {
    var map: CharacterMap?
    /// Tokens that the map does not touch.
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
            if !wholeTokens.isEmpty, let match = wholeTokens.longestMatch(in: text, at: place) {
                for byte in text.part(place..<match.end) { take(byte) }
                place = match.end
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
