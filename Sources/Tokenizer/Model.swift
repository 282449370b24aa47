internal import JSON

/// What turns one word into ids.
enum Model: Sendable {
    case bpe(BPE)
    case unigram(Unigram)
    case wordPiece(WordPiece)
    case wordLevel(WordLevel)
    case pieceMerging(PieceMerging)

    init(_ field: Field) throws(TokenizerError) {
        let type = try Self.type(of: field)
        switch type {
        case "BPE": self = .bpe(try BPE(field))
        case "Unigram": self = .unigram(try Unigram(field))
        case "WordPiece": self = .wordPiece(try WordPiece(field))
        case "WordLevel": self = .wordLevel(try WordLevel(field))
        default: throw field["type"].unknown(type, ["BPE", "Unigram", "WordLevel", "WordPiece"])
        }
    }

    /// Files from before the type was written are recognised by the fields that they have.
    private static func type(of field: Field) throws(TokenizerError) -> String {
        if !field["type"].isNull || field["vocab"].isNull { return try field["type"].string() }
        if !field["merges"].isNull { return "BPE" }
        if !field["max_input_chars_per_word"].isNull { return "WordPiece" }
        return field["vocab"].value.arrayValue == nil ? "WordLevel" : "Unigram"
    }

    var vocabulary: Vocabulary {
        switch self {
        case .bpe(let model): model.vocabulary
        case .unigram(let model): model.vocabulary
        case .wordPiece(let model): model.vocabulary
        case .wordLevel(let model): model.vocabulary
        case .pieceMerging(let model): model.vocabulary
        }
    }

    /// Appends the ids of one word to `scratch.ids`; an enormous one is taken in pieces.
    func encode(_ word: Bytes, _ scratch: EncodingScratch) {
        var rest = word
        while cutsLongWords, rest.count > Limits.wordBytes {
            let cut = rest.scalarBoundary(atOrBefore: Limits.wordBytes)
            encodePiece(rest.part(0..<cut), scratch)
            rest = rest.part(cut..<rest.count)
        }
        encodePiece(rest, scratch)
    }

    /// Whether the time or the memory that a word takes grows with its length; the others look it up or give
    /// it up.
    private var cutsLongWords: Bool {
        switch self {
        case .bpe, .unigram, .pieceMerging: true
        case .wordPiece, .wordLevel: false
        }
    }

    private func encodePiece(_ word: Bytes, _ scratch: EncodingScratch) {
        switch self {
        case .bpe(let model): model.encode(word, scratch)
        case .unigram(let model): model.encode(word, scratch)
        case .wordPiece(let model): model.encode(word, scratch)
        case .wordLevel(let model): model.encode(word, scratch)
        case .pieceMerging(let model): model.encode(word, scratch)
        }
    }
}
