internal import CKernels
public import Contract

/// Why no token can be picked from a row of logits.
public enum SamplingError: Error, Hashable, Sendable {
    /// Not a number, or infinite.
    case brokenLogit(token: TokenID)
    /// Every token is masked.
    case nothingLeft
}

/// Picks the next token.
///
/// The result depends on the row, the history, the sampling parameters and the position alone.
///
/// A row under a constraint comes masked: what is minus infinity stays so, whatever is added.
///
/// Order of operations:
/// 0. Tokens that must not come are masked: all but `allowedTokens`, the last token of a bad word that would
///    be complete with it, and what would end the generation before `minTokens`.
/// 1. `bias` is added.
/// 2. `repetitionPenalty`, once for each distinct token of prompt and generation: a positive logit is divided
///    by it, any other multiplied.
/// 3. `presencePenalty` is subtracted once for each distinct generated token.
/// 4. `frequencyPenalty` is subtracted for each time a token was generated.
/// 5. A `temperature` of 0: the highest logit wins, the lowest id of equal ones. Otherwise logits are divided
///    by it.
/// 6. `topK` keeps so many tokens.
/// 7. `topP` keeps the shortest beginning of the rest whose probability reaches it, and one token at least.
/// 8. `minP` keeps tokens at least so many times as likely as the likeliest.
/// 9. `typicalP` keeps the tokens whose surprise is closest to what the rest lets expect (its entropy), until
///    their probability reaches it.
/// 10. One is drawn: the first, in falling probability, at which the running sum exceeds a uniform random
///     number.
///
/// Equal logits rank by id. Steps 1 to 4 compute in `Float`, the others in `Double`, summing in a fixed
/// order.
///
/// Random numbers: Philox with key = (low word, high word of `seed`) and counter = (position, draw, `choice`,
/// 0), where `position` counts the tokens of the stream and `draw` the numbers taken for one of them, always
/// 0 here. `choice` is a word of its own and not mixed into the seed, so that no two choices of any two seeds
/// can share their numbers.
public struct Sampler {
    private var ranked = RankedTokens()
    /// Of the ranked tokens, as far as somebody looked: nobody looks at a rank before he looked at the one
    /// above it.
    private var weights: [Double] = []

    /// What remains of one row after all filters, from the likeliest down; probabilities sum to 1.
    public static func distribution(
        logits: [Float],
        history: [TokenID],
        sampling: Sampling
    ) throws(SamplingError) -> [(TokenID, Double)] {
        var counts = TokenCounts(prompt: [], sampling: sampling)
        for id in history { counts.note(id) }
        var row = logits
        adjust(&row, at: 0..<row.count, by: sampling, counts)
        let scores = row.span
        let best = try likeliest(of: scores)
        guard sampling.temperature > 0 else { return [(best.id, 1)] }
        var sampler = Sampler()
        let scale = Scale(best: best.score, temperature: sampling.temperature)
        let kept = sampler.keep(scores, scale, sampling)
        var result: [(TokenID, Double)] = []
        var rank = 0
        while rank < kept.count, let token = sampler.token(at: rank, scores, scale) {
            if kept.holds(rank) { result.append((token.id, token.weight / kept.weight)) }
            rank += 1
        }
        return result
    }

    /// Picks from the row `logits[range]`, which is overwritten.
    mutating func choose(
        from logits: inout [Float],
        at range: Range<Int>,
        after counts: TokenCounts,
        banned: [TokenID] = [],
        position: UInt32,
        sampling: Sampling
    ) throws(SamplingError) -> TokenID {
        for id in banned where Int(id) < range.count { logits[range.lowerBound + Int(id)] = -.infinity }
        Self.adjust(&logits, at: range, by: sampling, counts)
        let scores = logits.span.extracting(range)
        let best = try Self.likeliest(of: scores)
        guard sampling.temperature > 0, sampling.topK != 1 else { return best.id }
        let scale = Scale(best: best.score, temperature: sampling.temperature)
        let kept = keep(scores, scale, sampling)
        let random = Philox(key: (UInt32(truncatingIfNeeded: sampling.seed), UInt32(sampling.seed >> 32)))
        let target = random.uniform(at: (position, 0, sampling.choice, 0)) * kept.weight
        var drawn = best.id
        var sum = 0.0
        var rank = 0
        while rank < kept.count, sum <= target, let token = token(at: rank, scores, scale), token.weight > 0 {
            if kept.holds(rank) {
                drawn = token.id
                sum += token.weight
            }
            rank += 1
        }
        return drawn
    }

    /// Applies the filters and returns how many tokens they keep and what those weigh together.
    private mutating func keep(
        _ scores: Span<Float>,
        _ scale: Scale,
        _ sampling: Sampling
    ) -> Kept {
        weights.removeAll(keepingCapacity: true)
        // One unit of the scaled logit often holds all that a draw meets; the floor keeps a tiny
        // temperature from asking for bands that hold nothing.
        ranked.begin(best: scale.best, width: max(sampling.temperature, 0.25))
        var count = scores.count
        var total: Double?
        if sampling.topK > 0, sampling.topK < scores.count {
            (count, total) = prefix(scores, scale) { rank, _, _ in rank < sampling.topK }
        }
        if sampling.topP < 1 {
            let limit = count
            let goal = Double(sampling.topP) * (total ?? scale.weight(ofAll: scores))
            (count, total) = prefix(scores, scale) { rank, sum, _ in rank < limit && sum < goal }
        }
        if sampling.minP > 0 {
            let limit = count
            let floor = Double(sampling.minP)
            (count, total) = prefix(scores, scale) { rank, _, weight in rank < limit && weight >= floor }
        }
        if sampling.typicalP < 1 { return typical(count, Double(sampling.typicalP), scores, scale) }
        return Kept(count: count, weight: total ?? scale.weight(ofAll: scores))
    }

    /// What the filters keep: a beginning of the ranking, with gaps where only typical tokens stay.
    private struct Kept {
        var count: Int
        var weight: Double
        var isTypical: [Bool]?

        func holds(_ rank: Int) -> Bool { isTypical?[rank] ?? true }
    }

    /// Of the first `count` tokens, those that surprise about as much as is to be expected.
    ///
    /// A token's surprise is `(best - score) / temperature` and a number that is the same for all, so no
    /// logarithm is needed. Tokens that surprise equally stay or go together.
    private mutating func typical(
        _ count: Int,
        _ share: Double,
        _ scores: Span<Float>,
        _ scale: Scale
    ) -> Kept {
        var surprises: [Double] = []
        var total = 0.0
        var expected = 0.0
        while surprises.count < count, let token = token(at: surprises.count, scores, scale) {
            let surprise = scale.surprise(of: token.score)
            surprises.append(surprise)
            total += token.weight
            // What weighs nothing can surprise without end.
            if token.weight > 0 { expected += token.weight * surprise }
        }
        expected /= total
        let distances = surprises.map { abs($0 - expected) }
        let order = distances.indices.sorted { (distances[$0], $0) < (distances[$1], $1) }
        var sum = 0.0
        var farthest = 0.0
        for rank in order {
            if sum >= share * total, rank != order.first { break }
            sum += weights[rank]
            farthest = distances[rank]
        }
        var kept = Kept(count: surprises.count, weight: 0, isTypical: distances.map { $0 <= farthest })
        for rank in surprises.indices where kept.holds(rank) { kept.weight += weights[rank] }
        return kept
    }

    /// The longest beginning of the ranking in which every token but the first satisfies `belongs`, which is
    /// told the token's rank, the weight of all before it, and its own.
    private mutating func prefix(
        _ scores: Span<Float>,
        _ scale: Scale,
        while belongs: (Int, Double, Double) -> Bool
    ) -> (count: Int, weight: Double) {
        var rank = 0
        var sum = 0.0
        while let token = token(at: rank, scores, scale), rank == 0 || belongs(rank, sum, token.weight) {
            sum += token.weight
            rank += 1
        }
        return (rank, sum)
    }

    private mutating func token(
        at rank: Int,
        _ scores: Span<Float>,
        _ scale: Scale
    ) -> (id: TokenID, score: Float, weight: Double)? {
        guard let token = ranked.token(at: rank, of: scores) else { return nil }
        if rank == weights.count { weights.append(scale.weight(of: token.score)) }
        return (token.id, token.score, weights[rank])
    }

    private static func likeliest(of scores: Span<Float>) throws(SamplingError) -> (id: TokenID, score: Float)
    {
        var best = -Float.infinity
        var place: Int?
        let kernels = ck_scores_fastest()
        var index = 0
        while true {
            index = scores.withUnsafeBufferPointer { scores in
                scores.baseAddress.map { kernels.pointee.find_above($0, index, scores.count, best) } ?? 0
            }
            guard index < scores.count else { break }
            guard scores[index].isFinite else {
                throw .brokenLogit(token: TokenID(truncatingIfNeeded: index))
            }
            best = scores[index]
            place = index
        }
        guard let place else { throw .nothingLeft }
        return (TokenID(truncatingIfNeeded: place), best)
    }

    /// The list of step 0 that is the same for every token, and steps 1 to 4.
    ///
    /// Tokens outside the vocabulary have no logit to change.
    private static func adjust(
        _ logits: inout [Float],
        at range: Range<Int>,
        by sampling: Sampling,
        _ counts: TokenCounts
    ) {
        if !sampling.allowedTokens.isEmpty { mask(&logits, at: range, allBut: sampling.allowedTokens) }
        for entry in sampling.bias where Int(entry.token) < range.count {
            logits[range.lowerBound + Int(entry.token)] += entry.bias
        }
        // Each token is changed on its own, so the dictionary's order does not matter.
        for (id, count) in counts.generated where Int(id) < range.count {
            var logit = logits[range.lowerBound + Int(id)]
            if sampling.repetitionPenalty != 1 {
                logit = logit > 0 ? logit / sampling.repetitionPenalty : logit * sampling.repetitionPenalty
            }
            if count > 0 {
                logit -= sampling.presencePenalty
                logit -= sampling.frequencyPenalty * Float(count)
            }
            logits[range.lowerBound + Int(id)] = logit
        }
    }

    private static func mask(_ logits: inout [Float], at range: Range<Int>, allBut allowed: [TokenID]) {
        let kept = allowed.filter { Int($0) < range.count }.map { range.lowerBound + Int($0) }
        let scores = kept.map { logits[$0] }
        for place in range { logits[place] = -.infinity }
        for (place, score) in zip(kept, scores) { logits[place] = score }
    }
}
