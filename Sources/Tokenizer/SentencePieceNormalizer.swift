/// Makes text uniform as a SentencePiece model asks for: replacements of its character map, white space
/// joined and stripped, a space in front or behind, spaces written as fillers.
struct SentencePieceNormalizer: Sendable {
    enum Spaces: Sendable {
        case kept
        /// Runs become one, and those at the ends go.
        case joined
    }

    enum Prefix: Sendable {
        case none
        /// In front of the whole text only.
        case first
        /// In front of every part between two special tokens.
        case every
    }

    var map: CharacterMap?
    /// Tokens that the map does not touch.
    var wholeTokens = ByteTrie()
    var spaces = Spaces.joined
    var prefix = Prefix.every
    /// The space is put behind the text, not in front.
    var isSuffix = false
    var escapesSpaces = true

    func apply(to text: Bytes, isFirst: Bool) -> [UInt8] {
        var rest = 0
        if spaces == .joined {
            while rest < text.count, case let (piece, byteCount) = normalized(text, rest), piece == [0x20] {
                rest += byteCount
            }
        }
        guard rest < text.count else { return [] }
        let space: [UInt8] = escapesSpaces ? Filler.bytes : [0x20]
        let addsSpace = prefix == .every || prefix == .first && isFirst
        var result: [UInt8] = []
        result.reserveCapacity(text.count + text.count / 2)
        if addsSpace, !isSuffix { result += space }
        var isAfterSpace = spaces == .joined
        while rest < text.count {
            var (piece, byteCount) = normalized(text, rest)
            rest += byteCount
            while isAfterSpace, piece.first == 0x20 { piece.removeFirst() }
            for byte in piece {
                if byte == 0x20 { result += space } else { result.append(byte) }
            }
            if let last = piece.last { isAfterSpace = spaces == .joined && last == 0x20 }
        }
        if spaces == .joined {
            while result.count >= space.count, result.suffix(space.count).elementsEqual(space) {
                result.removeLast(space.count)
            }
        }
        if addsSpace, isSuffix { result += space }
        return result
    }

    /// What stands at `place`, normalized, and how many bytes of the text it is.
    private func normalized(_ text: Bytes, _ place: Int) -> (piece: ArraySlice<UInt8>, byteCount: Int) {
        if !wholeTokens.isEmpty, let match = wholeTokens.longestMatch(in: text, at: place) {
            return (Array(text.part(place..<match.end))[...], match.end - place)
        }
        let rest = text.part(place..<text.count)
        if let (replacement, byteCount) = map?.longest(rest) { return (replacement, byteCount) }
        let byteCount = text.scalar(at: place).byteCount
        return (Array(text.part(place..<place + byteCount))[...], byteCount)
    }
}
