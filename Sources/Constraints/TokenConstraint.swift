/// A constraint over the tokens of one vocabulary.
///
/// Never changes. Streams that share one share the work of finding out what it allows.
public final class TokenConstraint: Sendable {
    let compiled: CompiledConstraint
    let trie: TokenTrie
    /// Whether a space that the first token begins with is not shown.
    let dropsFirstSpace: Bool
    /// What ends the free text in front of the constrained one; empty where there is none.
    let mark: [UInt8]
    /// By length of a beginning of the mark: the longest shorter one that it ends with.
    private let fallbacks: [Int]

    /// The constrained text begins with the token after the one that completes `mark`, and at once where
    /// that is nil.
    public init(
        _ compiled: CompiledConstraint,
        _ trie: TokenTrie,
        dropsFirstSpace: Bool = false,
        beginsAfter mark: String? = nil
    ) {
        self.compiled = compiled
        self.trie = trie
        self.dropsFirstSpace = dropsFirstSpace
        self.mark = Array((mark ?? "").utf8)
        var fallbacks = [0, 0]
        for place in self.mark.indices.dropFirst() {
            var length = fallbacks[place]
            while length > 0, self.mark[place] != self.mark[length] { length = fallbacks[length] }
            fallbacks.append(self.mark[place] == self.mark[length] ? length + 1 : 0)
        }
        self.fallbacks = fallbacks
    }

    /// How much of the mark has been read after more bytes; its whole length once it has been there.
    func markLength(after length: Int, _ bytes: ArraySlice<UInt8>) -> Int {
        var length = length
        for byte in bytes {
            guard length < mark.count else { break }
            while length > 0, mark[length] != byte { length = fallbacks[length] }
            if mark[length] == byte { length += 1 }
        }
        return length
    }
}
