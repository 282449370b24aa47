internal import JSON

/// Reading and checking a `Unigram` model.
extension Unigram {
    convenience init(_ field: Field) throws(TokenizerError) {
        guard let pieces = field["vocab"].value.arrayValue else {
            throw field["vocab"].failure("must be a list")
        }
        guard pieces.count <= Int(Limits.highestID) else {
            throw field["vocab"].failure("has more than \(Limits.highestID) tokens")
        }
        var vocabulary = Vocabulary(capacity: pieces.count)
        var scores: [Double?] = []
        var lowest = Double.infinity
        for (id, piece) in pieces.enumerated() {
            guard let pair = piece.arrayValue, pair.count == 2, let text = pair[0].stringValue,
                let score = pair[1].numberValue, score.isFinite
            else { throw TokenizerError("\(field["vocab"].path)[\(id)] must be a token and its score") }
            vocabulary.add(Array(text.utf8), id: UInt32(id), replaces: true)
            scores.append(score)
            lowest = min(lowest, score)
        }
        var rules = Rules(unknownScore: pieces.isEmpty ? 0 : lowest - Limits.unknownPenalty)
        rules.looksUpUnknown = true
        if !field["unk_id"].isNull {
            let unknown = try field["unk_id"].tokenID()
            guard Int(unknown) < pieces.count else {
                throw field["unk_id"].failure("is not in the vocabulary")
            }
            rules.unknown = unknown
        }
        if try field["byte_fallback"].bool(default: false) { rules.byteTokens = vocabulary.byteTokens }
        self.init(vocabulary, scores: scores, rules)
    }
}
