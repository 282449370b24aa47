internal import JSON

/// WordPiece: a word is cut from the left, each time at the longest token that fits; a word that cannot be
/// cut to its end is unknown as a whole.
final class WordPiece: Sendable {
    let vocabulary: Vocabulary
    private let trie: ByteTrie
    /// Where in `trie` the tokens lie that go on a word; nil when there are none.
    private let continuation: Int?
    private let unknown: UInt32?
    /// A word of more characters is unknown.
    private let longestWord: Int

    init(_ vocabulary: Vocabulary, continuingPrefix: [UInt8], unknown: UInt32?, longestWord: Int) {
        var trie = ByteTrie()
        for id in 0..<UInt32(vocabulary.size) {
            // Ids that share a text: the one that the text leads to.
            guard let token = vocabulary.token(id), vocabulary.id(of: token) == id else { continue }
            trie.insert(token, value: Int(id))
        }
        self.vocabulary = vocabulary
        self.trie = trie
        continuation = trie.node(continuingPrefix)
        self.unknown = unknown
        self.longestWord = longestWord
    }

    convenience init(_ field: Field) throws(TokenizerError) {
        let vocabulary = try Vocabulary(field["vocab"])
        let prefix = field["continuing_subword_prefix"]
        let longest = field["max_input_chars_per_word"]
        let unknown = field["unk_token"].isNull ? Array("[UNK]".utf8) : try field["unk_token"].bytes()
        self.init(
            vocabulary,
            continuingPrefix: prefix.isNull ? Array("##".utf8) : try prefix.bytes(),
            unknown: vocabulary.id(of: unknown),
            longestWord: longest.isNull ? 100 : try longest.count()
        )
    }

    func encode(_ word: Bytes, _ scratch: EncodingScratch) {
        if scratch.words.append(word, to: &scratch.ids) { return }
        let first = scratch.ids.count
        if !cut(word, &scratch.ids) {
            scratch.ids.removeLast(scratch.ids.count - first)
            if let unknown { scratch.ids.append(unknown) }
        }
        scratch.words.remember(word, scratch.ids[first...])
    }

    private func cut(_ word: Bytes, _ ids: inout [UInt32]) -> Bool {
        guard word.count <= longestWord || word.lazy.filter({ $0 & 0xC0 != 0x80 }).count <= longestWord else {
            return false
        }
        var start = 0
        while start < word.count {
            guard var node = start == 0 ? ByteTrie.root : continuation else { return false }
            var best: (id: Int, end: Int)?
            var place = start
            while place < word.count {
                node = trie.child(of: node, word[place])
                guard node >= 0 else { break }
                place += 1
                if trie.value(at: node) >= 0 { best = (trie.value(at: node), place) }
            }
            guard let best else { return false }
            ids.append(UInt32(truncatingIfNeeded: best.id))
            start = best.end
        }
        return true
    }
}
