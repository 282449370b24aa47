internal import JSON

/// What turns one word into ids.
enum Model: Sendable {
    case bpe(BPE)

    init(_ field: Field) throws(TokenizerError) {
        // Files from before the type was written hold a BPE model, recognisable by its merges.
        let type = field["type"].isNull && !field["merges"].isNull ? "BPE" : try field["type"].string()
        switch type {
        case "BPE": self = .bpe(try BPE(field))
        default: throw field["type"].failure("is \"\(type)\", which is not supported (BPE is)")
        }
    }

    var vocabulary: Vocabulary {
        switch self {
        case .bpe(let model): model.vocabulary
        }
    }

    func encode(_ word: Bytes, _ scratch: EncodingScratch) {
        switch self {
        case .bpe(let model): model.encode(word, scratch)
        }
    }
}
