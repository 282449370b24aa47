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
            scores.append(score.asTheReferenceReadsIt)
            lowest = min(lowest, score.asTheReferenceReadsIt)
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

extension Double {
    /// The digits of the number as a whole number, divided by a power of ten.
    ///
    /// The reference reads files so, and its last bit decides between ways that are equally good. Files are
    /// written with as few digits as tell a number from its neighbours, which are found again here.
    fileprivate var asTheReferenceReadsIt: Double {
        var significand: UInt64 = 0
        var exponent = 0
        var isFraction = false
        let parts = magnitude.description.split(separator: "e")
        for byte in parts.first.map({ $0.utf8 }) ?? "".utf8[...] {
            guard byte != UInt8(ascii: ".") else {
                isFraction = true
                continue
            }
            significand = significand &* 10 &+ UInt64(byte &- 48)
            if isFraction { exponent -= 1 }
        }
        if parts.count > 1 { exponent += Int(parts[1]) ?? 0 }
        guard let power = Double("1e\(Swift.abs(exponent))"), power.isFinite else { return self }
        let value = exponent < 0 ? Double(significand) / power : Double(significand) * power
        return self < 0 ? -value : value
    }
}
