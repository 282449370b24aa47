/// A constraint over the tokens of one vocabulary.
///
/// Never changes. Streams that share one share the work of finding out what it allows.
public final class TokenConstraint: Sendable {
    let compiled: CompiledConstraint
    let trie: TokenTrie
    /// By automaton: which of its states no token can tell apart.
    let horizons: [[Int32]?]
    /// Whether a space that the first token begins with is not shown.
    let dropsFirstSpace: Bool

    public init(_ compiled: CompiledConstraint, _ trie: TokenTrie, dropsFirstSpace: Bool = false) {
        self.compiled = compiled
        self.trie = trie
        self.dropsFirstSpace = dropsFirstSpace
        horizons = compiled.horizons(byteCount: trie.longestByteCount)
    }
}
