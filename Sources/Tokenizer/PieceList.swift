/// A word while its pieces are joined: a linked list of neighbouring parts of the text.
struct PieceList {
    /// By piece: its bytes in the word; joined pieces grow to the right and the one they swallow is empty.
    private var ranges: [Range<Int32>] = []
    private var next: [Int32] = []
    private var previous: [Int32] = []
    /// By piece: whether it is joined with nothing.
    private var isWhole: [Bool] = []
    private var queue = MergeQueue()
    /// Whether `candidates` are kept.
    private let keepsCandidates: Bool
    /// Every pair that was ever a candidate, with its place of division, in the order in which they came up.
    private var candidates: [(range: Range<Int32>, split: Int32)] = []

    init(_ word: Bytes, wholeTokens: ByteTrie, keepsCandidates: Bool) {
        self.keepsCandidates = keepsCandidates
        var place = 0
        while place < word.count {
            let whole = wholeTokens.isEmpty ? nil : wholeTokens.longestMatch(in: word, at: place)
            let end = whole?.end ?? min(place + word.scalar(at: place).byteCount, word.count)
            ranges.append(Int32(place)..<Int32(end))
            isWhole.append(whole != nil)
            place = end
        }
        let count = Int32(ranges.count)
        next = count > 0 ? Array(1..<count) + [-1] : []
        previous = Array(-1..<count - 1)
    }

    /// Joins neighbours, lowest rank first and leftmost among equals, until no pair has a rank.
    mutating func merge(rank: (Range<Int>) -> UInt32) {
        guard ranges.count > 1 else { return }
        for piece in 1..<ranges.count { offer(piece - 1, piece, rank) }
        while let (wanted, left) = queue.takeFirst() {
            guard !ranges[left].isEmpty, next[left] >= 0 else { continue }
            let right = Int(next[left])
            guard rank(joined(left, right)) == wanted, !isWhole[left], !isWhole[right] else { continue }
            ranges[left] = ranges[left].lowerBound..<ranges[right].upperBound
            ranges[right] = ranges[right].upperBound..<ranges[right].upperBound
            let following = next[right]
            next[left] = following
            next[right] = -1
            if following >= 0 { previous[Int(following)] = Int32(left) }
            offer(Int(previous[left]), left, rank)
            offer(left, Int(following), rank)
        }
    }

    /// Where the texts that `isWanted` were last seen to divide.
    func splits(_ word: Bytes, where isWanted: (Range<Int>) -> Bool) -> [[UInt8]: Int] {
        var splits: [[UInt8]: Int] = [:]
        for (range, split) in candidates {
            let text = Int(range.lowerBound)..<Int(range.upperBound)
            if isWanted(text) { splits[Array(word.part(text))] = Int(split - range.lowerBound) }
        }
        return splits
    }

    func forEach(_ body: (Range<Int>) -> Void) {
        var piece = ranges.isEmpty ? -1 : 0
        while piece >= 0 {
            body(Int(ranges[piece].lowerBound)..<Int(ranges[piece].upperBound))
            piece = Int(next[piece])
        }
    }

    private func joined(_ left: Int, _ right: Int) -> Range<Int> {
        Int(ranges[left].lowerBound)..<Int(ranges[right].upperBound)
    }

    private mutating func offer(_ left: Int, _ right: Int, _ rank: (Range<Int>) -> UInt32) {
        guard left >= 0, right >= 0, !isWhole[left], !isWhole[right] else { return }
        let joinedRank = rank(joined(left, right))
        guard joinedRank != PieceMerging.never else { return }
        queue.insert(rank: joinedRank, position: left)
        guard keepsCandidates else { return }
        candidates.append((ranges[left].lowerBound..<ranges[right].upperBound, ranges[right].lowerBound))
    }
}
