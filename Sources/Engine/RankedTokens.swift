internal import Contract

/// The tokens of one row from the likeliest down, sorted only as far as somebody looks.
///
/// Order: score descending, equal scores by id ascending. A vocabulary has 150,000 tokens and a draw rarely
/// looks past the first fifty, so the row is taken in bands of falling scores: each band is one pass over the
/// row, and only what it found is sorted. The bands decide how much work is done, never what comes out.
struct RankedTokens {
    /// Bands before everything that is left is taken at once.
    private static let bandLimit = 7
    /// So many are sorted faster by looking at each pair than by their digits.
    private static let fewKeys = 64

    /// One token each: the inverted order of its score above its id, so that sorting the words ranks the
    /// tokens.
    private var keys: [UInt64] = []
    /// Where sorting puts them meanwhile.
    private var spare: [UInt64] = []
    private var best: Float = 0
    private var width: Float = 0
    private var bandCount = 0
    /// Scores from here up are in `keys`.
    private var bound: Float = .infinity

    /// Starts on a row whose highest score is `best`; the first band is `width` wide, each next one twice
    /// that.
    mutating func begin(best: Float, width: Float) {
        keys.removeAll(keepingCapacity: true)
        self.best = best
        self.width = width
        bandCount = 0
        bound = .infinity
    }

    /// The token at `rank`; nil behind the last token that can be drawn at all.
    mutating func token(at rank: Int, of scores: Span<Float>) -> (id: TokenID, score: Float)? {
        while rank >= keys.count {
            guard bound > -.infinity else { return nil }
            takeBand(of: scores)
        }
        let key = keys[rank]
        return (TokenID(truncatingIfNeeded: key), Self.score(of: key))
    }

    private mutating func takeBand(of scores: Span<Float>) {
        let start = keys.count
        let upper = bound
        let lower = bandCount < Self.bandLimit ? best - width : -.infinity
        for start in stride(from: 0, to: scores.count, by: SIMD16<Float>.scalarCount) {
            let end = min(start + SIMD16<Float>.scalarCount, scores.count)
            if end - start == SIMD16<Float>.scalarCount, all(scores.vector16(at: start) .< lower) { continue }
            for index in start..<end {
                let score = scores[index]
                // A score of minus infinity is masked, and never ranked.
                if score < upper, score >= lower, score > -.infinity { keys.append(Self.key(score, index)) }
            }
        }
        sort(from: start)
        bound = lower
        bandCount += 1
        width *= 2
    }

    /// Sorts a band.
    ///
    /// It comes in the order of the ids, so a sort that keeps the order of equal scores need not look at
    /// them: it goes from the lowest eleven bits of the score to the highest. Comparing takes many times as
    /// long where a flat row puts half the vocabulary into a band. A few are put in their places one by one,
    /// since the library's sort would ask for memory each time.
    private mutating func sort(from start: Int) {
        guard keys.count - start > Self.fewKeys else { return insertEach(from: start) }
        if spare.count < keys.count {
            spare.append(contentsOf: repeatElement(0, count: keys.count - spare.count))
        }
        var places = InlineArray<2048, Int>(repeating: 0)
        for shift in [UInt64(32), 43, 54] {
            for digit in places.indices { places[digit] = 0 }
            for index in start..<keys.count { places[Int(keys[index] >> shift & 2047)] += 1 }
            var next = start
            for digit in places.indices {
                let size = places[digit]
                places[digit] = next
                next += size
            }
            for index in start..<keys.count {
                let key = keys[index], digit = Int(key >> shift & 2047)
                spare[places[digit]] = key
                places[digit] += 1
            }
            for index in start..<keys.count { keys[index] = spare[index] }
        }
    }

    private mutating func insertEach(from start: Int) {
        for index in stride(from: start + 1, to: keys.count, by: 1) {
            let key = keys[index]
            var place = index
            while place > start, keys[place - 1] > key {
                keys[place] = keys[place - 1]
                place -= 1
            }
            keys[place] = key
        }
    }

    private static func key(_ score: Float, _ index: Int) -> UInt64 {
        // Adding 0 makes -0 equal to 0. Flipping a negative number's bits orders all floats like their bits.
        let bits = (score + 0).bitPattern
        let ordered = bits >> 31 == 1 ? ~bits : bits | 0x8000_0000
        return UInt64(~ordered) << 32 | UInt64(UInt32(truncatingIfNeeded: index))
    }

    private static func score(of key: UInt64) -> Float {
        let ordered = ~UInt32(truncatingIfNeeded: key >> 32)
        return Float(bitPattern: ordered >> 31 == 1 ? ordered & 0x7FFF_FFFF : ~ordered)
    }
}
