/// Byte-pair encoding as SentencePiece does it: neighbours are joined when what they make is a token, the one
/// with the highest score first.
///
/// There is no list of merges; the tokens are looked up in the text itself. Cost: linear for short words,
/// n log n for long ones.
final class PieceMerging: Sendable {
    /// What a file says beside its tokens and scores.
    struct Rules: Sendable {
        var unknown: UInt32?
        /// Neighbours may be joined into the unknown token.
        var mergesIntoUnknown = false
        /// The tokens of the 256 bytes; empty when they are not used.
        var byteTokens: [UInt32?] = []
        /// Tokens that are taken whole wherever they stand, and joined with nothing.
        var wholeTokens = ByteTrie()
        /// Tokens on the way to others, which fall apart again at the end.
        var passing: Set<UInt32> = []
    }

    let vocabulary: Vocabulary
    /// By id: lower goes first; `never` for tokens that nothing is joined into.
    private let ranks: [UInt32]
    private let rules: Rules
    private let splitsAtFillers: Bool

    static let never = UInt32.max

    /// `scores` by id; nil for a token that nothing is joined into.
    init(_ vocabulary: Vocabulary, scores: [Float?], _ rules: Rules) {
        self.vocabulary = vocabulary
        self.rules = rules
        ranks = Self.ranks(scores)
        splitsAtFillers = !vocabulary.hasInnerFiller
    }

    /// Equal scores have equal ranks, so that the leftmost goes first.
    private static func ranks(_ scores: [Float?]) -> [UInt32] {
        let sorted = scores.compactMap(\.self).filter { !$0.isNaN }.sorted(by: >)
        var rankOfScore: [Float: UInt32] = [:]
        for score in sorted where rankOfScore[score] == nil {
            rankOfScore[score] = UInt32(truncatingIfNeeded: rankOfScore.count)
        }
        return scores.map { score in score.map { rankOfScore[$0] ?? never - 1 } ?? never }
    }

    func encode(_ word: Bytes, _ scratch: EncodingScratch) {
        guard splitsAtFillers else { return encodePart(word, scratch) }
        var start = 0
        while start < word.count {
            let end = Filler.nextRun(in: word, after: start)
            encodePart(word.part(start..<end), scratch)
            start = end
        }
    }

    private func encodePart(_ word: Bytes, _ scratch: EncodingScratch) {
        if scratch.words.append(word, to: &scratch.ids) { return }
        let first = scratch.ids.count
        var pieces = PieceList(
            word,
            wholeTokens: rules.wholeTokens,
            keepsCandidates: !rules.passing.isEmpty
        )
        pieces.merge(rank: { self.rank(word.part($0)) })
        var splits: [[UInt8]: Int] = [:]
        if !rules.passing.isEmpty { splits = pieces.splits(word) { self.isPassing(word.part($0)) } }
        var isAfterUnknown = false
        pieces.forEach { range in
            append(word.part(range), splits, depth: 0, &isAfterUnknown, &scratch.ids)
        }
        scratch.words.remember(word, scratch.ids[first...])
    }

    private func rank(_ text: Bytes) -> UInt32 {
        guard let id = vocabulary.id(of: text), Int(id) < ranks.count,
            id != rules.unknown || rules.mergesIntoUnknown
        else { return Self.never }
        return ranks[Int(id)]
    }

    private func isPassing(_ text: Bytes) -> Bool {
        vocabulary.id(of: text).map { rules.passing.contains($0) } ?? false
    }

    private func append(
        _ text: Bytes,
        _ splits: [[UInt8]: Int],
        depth: Int,
        _ isAfterUnknown: inout Bool,
        _ ids: inout [UInt32]
    ) {
        let id = vocabulary.id(of: text)
        if let id, rules.passing.contains(id), depth <= Limits.resegmentDepth {
            guard let split = splits[Array(text)] else { return appendUnknown(text, &isAfterUnknown, &ids) }
            append(text.part(0..<split), splits, depth: depth + 1, &isAfterUnknown, &ids)
            append(text.part(split..<text.count), splits, depth: depth + 1, &isAfterUnknown, &ids)
            return
        }
        guard let id, id != rules.unknown || rules.mergesIntoUnknown, Int(id) < ranks.count,
            ranks[Int(id)] != Self.never
        else { return appendUnknown(text, &isAfterUnknown, &ids) }
        isAfterUnknown = false
        ids.append(id)
    }

    private func appendUnknown(_ text: Bytes, _ isAfterUnknown: inout Bool, _ ids: inout [UInt32]) {
        if !rules.byteTokens.isEmpty {
            for byte in text {
                if let id = rules.byteTokens[Int(byte)] ?? rules.unknown { ids.append(id) }
            }
        } else if let unknown = rules.unknown, !isAfterUnknown {
            ids.append(unknown)
        }
        isAfterUnknown = true
    }
}
