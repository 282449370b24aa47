internal import JSON

/// A model in which every word is a token, or unknown.
final class WordLevel: Sendable {
    let vocabulary: Vocabulary
    private let unknown: UInt32?

    init(_ field: Field) throws(TokenizerError) {
        vocabulary = try Vocabulary(field["vocab"])
        let unknown = field["unk_token"].isNull ? Array("<unk>".utf8) : try field["unk_token"].bytes()
        self.unknown = vocabulary.id(of: unknown)
    }

    func encode(_ word: Bytes, _ scratch: EncodingScratch) {
        if let id = vocabulary.id(of: word) ?? unknown { scratch.ids.append(id) }
    }
}
