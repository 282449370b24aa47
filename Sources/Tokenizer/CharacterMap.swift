/// A precompiled table of replacements, as SentencePiece writes it into its models.
///
/// ```
/// bytes of the trie : UInt32 | double-array trie : [UInt32] | replacements, each ended by a zero byte
/// ```
/// A unit of the trie holds in bits 0–7 the byte that leads to it, in bit 8 whether a text ends behind it,
/// and above bit 10 the way to its children (in steps of 256 where bit 9 is set); with bit 31 it holds a
/// value: where in the replacements the text's replacement starts.
struct CharacterMap: Sendable {
    private let units: [UInt32]
    private let replacements: [UInt8]

    init(_ bytes: [UInt8], path: String) throws(TokenizerError) {
        func failure(_ problem: String) -> TokenizerError { TokenizerError("\(path) \(problem)") }
        guard bytes.count <= Limits.characterMapBytes else {
            throw failure("is longer than \(Limits.characterMapBytes) bytes")
        }
        guard bytes.count > 4 else { throw failure("is too short for a character map") }
        func word(_ place: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << UInt32($1 * 8) }
        }
        let trieByteCount = Int(word(0))
        guard trieByteCount % 4 == 0, trieByteCount > 0, trieByteCount <= bytes.count - 4 else {
            throw failure("has a trie of \(trieByteCount) bytes, which cannot be")
        }
        units = stride(from: 4, to: 4 + trieByteCount, by: 4).map(word)
        replacements = Array(bytes[(4 + trieByteCount)...])
    }

    /// The replacement of the shortest text of the table that `text` starts with.
    func shortest(_ text: Bytes) -> ArraySlice<UInt8>? {
        var found: Int?
        walk(text) { value, _ in
            found = value
            return false
        }
        return found.map(replacement)
    }

    /// The replacement of the longest text of the table that `text` starts with, and the length of that text.
    func longest(_ text: Bytes) -> (replacement: ArraySlice<UInt8>, byteCount: Int)? {
        var found: (value: Int, byteCount: Int)?
        walk(text) { value, byteCount in
            found = (value, byteCount)
            return true
        }
        guard let found, found.value < replacements.count else { return nil }
        return (replacement(found.value), found.byteCount)
    }

    /// Calls `body` with every text of the table that `text` starts with, shortest first, until it says no.
    private func walk(_ text: Bytes, _ body: (_ value: Int, _ byteCount: Int) -> Bool) {
        var node = Self.offset(units[0])
        for (index, byte) in text.enumerated() {
            guard byte != 0 else { return }
            node ^= Int(byte)
            guard node < units.count, units[node] & 0x8000_00FF == UInt32(byte) else { return }
            let unit = units[node]
            node ^= Self.offset(unit)
            guard node < units.count else { return }
            if unit >> 8 & 1 == 1, !body(Int(units[node] & 0x7FFF_FFFF), index + 1) { return }
        }
    }

    private static func offset(_ unit: UInt32) -> Int { Int(unit >> 10) << Int((unit & 1 << 9) >> 6) }

    private func replacement(_ value: Int) -> ArraySlice<UInt8> {
        guard value < replacements.count else { return [] }
        var end = value
        while end < replacements.count, replacements[end] != 0, end - value < Limits.characterMapTextBytes {
            end += 1
        }
        return replacements[value..<end]
    }
}

extension CharacterMap {
    /// `text` with every grapheme replaced that the table knows, else every character of it; nil when nothing
    /// changes.
    ///
    /// A short grapheme is replaced as a whole by what the shortest text of the table is replaced by that it
    /// starts with: the reference does so, and models were trained with it.
    func replacingGraphemes(in text: Bytes) -> [UInt8]? {
        var result: [UInt8] = []
        var changes = false
        result.reserveCapacity(text.count)
        Graphemes.forEach(in: text) { grapheme in
            if grapheme.count < 6, let new = shortest(text.part(grapheme)) {
                changes = true
                result.append(contentsOf: new)
                return
            }
            var place = grapheme.lowerBound
            while place < grapheme.upperBound {
                let character = place..<place + text.scalar(at: place).byteCount
                place = character.upperBound
                if let new = shortest(text.part(character)) {
                    changes = true
                    result.append(contentsOf: new)
                } else {
                    result.append(contentsOf: text.part(character))
                }
            }
        }
        return changes ? result : nil
    }
}
