internal import Contract
internal import Glibc

/// Tells how likely the tokens of one row were, as the model itself saw it.
///
/// Taken from the row before anything of sampling touches it: what a client measures is the model, not its
/// own temperature. Only jobs that ask for it pay, with a pass over the row and a ranking of their own.
struct Likelihoods {
    private var row: [Float] = []
    private var ranked = RankedTokens()

    /// Keeps a row that is about to be overwritten.
    mutating func keep(_ logits: [Float], at range: Range<Int>) {
        row.removeAll(keepingCapacity: true)
        row.append(contentsOf: logits[range])
    }

    /// What to tell of `id`, picked from the row that was kept last.
    mutating func logprob(of id: TokenID, topCount: Int, _ spelling: any TokenSpelling) -> TokenLogprob {
        let row = row
        return logprob(of: id, in: row.span, topCount: topCount, spelling)
    }

    /// What to tell of `id`, a token of a prompt that stands behind the row's, with its rank.
    mutating func score(
        _ id: TokenID,
        _ logits: [Float],
        at range: Range<Int>,
        _ topCount: Int,
        _ spelling: any TokenSpelling
    ) throws(SamplingError) -> TokenLogprob {
        let scores = logits.span.extracting(range)
        var told = logprob(of: id, in: scores, topCount: topCount, spelling)
        let own = scores[Int(id)]
        guard own.isFinite, told.token.logprob.isFinite else { throw .brokenLogit(token: id) }
        told.rank = 1
        for index in scores.indices where scores[index] > own { told.rank += 1 }
        return told
    }

    private mutating func logprob(
        of id: TokenID,
        in scores: Span<Float>,
        topCount: Int,
        _ spelling: any TokenSpelling
    ) -> TokenLogprob {
        var best = -Float.infinity
        for index in scores.indices where scores[index] > best { best = scores[index] }
        let scale = Scale(best: best, temperature: 1)
        let whole = log(scale.weight(ofAll: scores))
        func likely(_ id: TokenID, _ score: Float) -> LikelyToken {
            let logprob = Float(-scale.surprise(of: score) - whole)
            return LikelyToken(
                id: id,
                logprob: max(logprob, LikelyToken.lowestLogprob),
                bytes: Self.bytes(of: id, spelling)
            )
        }
        let score = Int(id) < scores.count ? scores[Int(id)] : -.infinity
        var told = TokenLogprob(likely(id, score))
        guard topCount > 0 else { return told }
        ranked.begin(best: best, width: 1)
        while told.top.count < topCount, let token = ranked.token(at: told.top.count, of: scores) {
            told.top.append(likely(token.id, token.score))
        }
        return told
    }

    /// As many bytes of a token as are told.
    static func bytes(of id: TokenID, _ spelling: any TokenSpelling) -> [UInt8] {
        Array(spelling.bytes(of: id).prefix(LikelyToken.byteLimit))
    }
}
