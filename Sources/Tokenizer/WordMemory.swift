/// The words that were met last and what they became, so that the frequent words of a text are merged once.
///
/// A fixed number of places, each of which keeps the last word that fell into it: a look-up is one hash and
/// one comparison, and nothing ever has to be thrown out. Only short words are kept.
struct WordMemory {
    private struct Place {
        var hash = 0
        var length: UInt8 = 0
        var idCount: UInt8 = 0
    }

    private var places: [Place] = []
    /// Per place: `Limits.rememberedWordBytes` bytes.
    private var texts: [UInt8] = []
    /// Per place: `Limits.rememberedWordIDs` ids.
    private var ids: [UInt32] = []
    /// Of the last word that was looked up.
    private var lastHash = 0

    private static let mask = Limits.rememberedWords - 1

    /// Appends the ids of a word that is known; false when it is not.
    mutating func append(_ word: Bytes, to result: inout [UInt32]) -> Bool {
        guard word.count <= Limits.rememberedWordBytes, word.count > 1 else { return false }
        lastHash = word.hash
        guard !places.isEmpty else { return false }
        let index = lastHash & Self.mask
        let place = places[index]
        guard place.hash == lastHash, Int(place.length) == word.count else { return false }
        let start = index * Limits.rememberedWordBytes
        for offset in 0..<word.count where texts[start + offset] != word[offset] { return false }
        let first = index * Limits.rememberedWordIDs
        for offset in 0..<Int(place.idCount) { result.append(ids[first + offset]) }
        return true
    }

    /// Keeps what the word became that was looked up last.
    mutating func remember(_ word: Bytes, _ result: ArraySlice<UInt32>) {
        guard word.count <= Limits.rememberedWordBytes, word.count > 1,
            result.count <= Limits.rememberedWordIDs
        else { return }
        if places.isEmpty {
            places = Array(repeating: Place(), count: Limits.rememberedWords)
            texts = Array(repeating: 0, count: Limits.rememberedWords * Limits.rememberedWordBytes)
            ids = Array(repeating: 0, count: Limits.rememberedWords * Limits.rememberedWordIDs)
        }
        let index = lastHash & Self.mask
        places[index] = Place(
            hash: lastHash,
            length: UInt8(truncatingIfNeeded: word.count),
            idCount: UInt8(truncatingIfNeeded: result.count)
        )
        for offset in 0..<word.count { texts[index * Limits.rememberedWordBytes + offset] = word[offset] }
        for (offset, id) in result.enumerated() { ids[index * Limits.rememberedWordIDs + offset] = id }
    }
}
