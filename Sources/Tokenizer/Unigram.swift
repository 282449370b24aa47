/// A unigram model: of all ways to cut a word into tokens, the one whose scores add up highest.
///
/// One pass from left to right keeps the best way to reach each byte. Cost: the length of the word times the
/// longest token that starts anywhere in it.
final class Unigram: Sendable {
    /// What a file says beside its tokens and scores.
    struct Rules: Sendable {
        var unknown: UInt32?
        /// What an unknown character costs.
        var unknownScore: Double
        /// The tokens of the 256 bytes; empty when they are not used.
        var byteTokens: [UInt32?] = []
        /// Sums are rounded to single precision, and taken back near 0 when they grow large.
        var isSingle = false
        /// A run of unknown characters that is a token as a whole is that token.
        var looksUpUnknown = false
    }

    /// The best way to reach one byte.
    struct Step {
        var score: Double
        /// Where the last token starts, -1 while there is no way.
        var start: Int32
        /// The last token; `unknownMark` for an unknown character.
        var id: UInt32
    }

    let vocabulary: Vocabulary
    private let trie: ByteTrie
    /// By id.
    private let scores: [Double]
    private let rules: Rules

    private static let unknownMark = UInt32.max
    /// Where sums are taken back to 0, in single precision.
    private static let resetScore = 100_000.0

    /// `scores` by id; nil for a token that is not looked for.
    init(_ vocabulary: Vocabulary, scores: [Double?], _ rules: Rules) {
        var trie = ByteTrie()
        for id in 0..<UInt32(vocabulary.size) {
            guard let token = vocabulary.token(id), Int(id) < scores.count, scores[Int(id)] != nil,
                vocabulary.id(of: token) == id, !token.isEmpty
            else { continue }
            trie.insert(token, value: Int(id))
        }
        self.vocabulary = vocabulary
        self.trie = trie
        self.scores = scores.map { $0 ?? 0 }
        self.rules = rules
    }

    func encode(_ word: Bytes, _ scratch: EncodingScratch) {
        if scratch.words.append(word, to: &scratch.ids) { return }
        let first = scratch.ids.count
        findBestWay(word, &scratch.steps)
        collect(word, scratch)
        scratch.words.remember(word, scratch.ids[first...])
    }

    private func findBestWay(_ word: Bytes, _ steps: inout [Step]) {
        steps.removeAll(keepingCapacity: true)
        let nowhere = Step(score: 0, start: -1, id: Self.unknownMark)
        steps.append(contentsOf: repeatElement(nowhere, count: word.count + 1))
        var furthest = 0
        var start = 0
        while start < word.count {
            if rules.isSingle, abs(steps[start].score) > Self.resetScore {
                takeBack(&steps, start...max(start, furthest))
            }
            let score = steps[start].score
            let characterEnd = word.characterEnd(start)
            var isCovered = false
            var node = ByteTrie.root
            var end = start
            while end < word.count {
                node = trie.child(of: node, word[end])
                guard node >= 0 else { break }
                end += 1
                let id = trie.value(at: node)
                guard id >= 0 else { continue }
                furthest = max(furthest, end)
                if end == characterEnd { isCovered = true }
                offer(Step(score: sum(score, scores[id]), start: Int32(start), id: UInt32(id)), &steps[end])
            }
            if !isCovered {
                furthest = max(furthest, characterEnd)
                let unknown = Step(
                    score: sum(score, rules.unknownScore),
                    start: Int32(start),
                    id: Self.unknownMark
                )
                offer(unknown, &steps[characterEnd])
            }
            start = characterEnd
        }
    }

    @inline(__always)
    private func offer(_ candidate: Step, _ best: inout Step) {
        if best.start < 0 || candidate.score > best.score { best = candidate }
    }

    @inline(__always)
    private func sum(_ left: Double, _ right: Double) -> Double {
        rules.isSingle ? Double(Float(left + right)) : left + right
    }

    private func takeBack(_ steps: inout [Step], _ range: ClosedRange<Int>) {
        let offset = steps[range.lowerBound].score
        for place in range where place == range.lowerBound || steps[place].start >= 0 {
            steps[place].score = sum(steps[place].score, -offset)
        }
    }

    /// Walks back from the end and appends the ids in reading order.
    private func collect(_ word: Bytes, _ scratch: EncodingScratch) {
        let first = scratch.ids.count
        var end = word.count
        var unknownEnd: Int?
        while end > 0 {
            let step = scratch.steps[end]
            let isUnknown = step.id == Self.unknownMark || step.id == rules.unknown
            if isUnknown {
                unknownEnd = unknownEnd ?? end
            } else {
                if let runEnd = unknownEnd { appendUnknown(word.part(end..<runEnd), &scratch.ids) }
                unknownEnd = nil
                scratch.ids.append(step.id)
            }
            end = Int(step.start)
        }
        if let runEnd = unknownEnd { appendUnknown(word.part(0..<runEnd), &scratch.ids) }
        scratch.ids[first...].reverse()
    }

    /// Appends, last byte first, what stands in for a run of unknown characters.
    private func appendUnknown(_ run: Bytes, _ ids: inout [UInt32]) {
        if rules.looksUpUnknown, let id = vocabulary.id(of: run) { return ids.append(id) }
        if !rules.byteTokens.isEmpty, run.allSatisfy({ rules.byteTokens[Int($0)] != nil }) {
            for byte in run.reversed() {
                if let id = rules.byteTokens[Int(byte)] { ids.append(id) }
            }
        } else if let unknown = rules.unknown {
            ids.append(unknown)
        }
    }
}
