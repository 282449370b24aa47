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
        let scores = row.span
        var best = -Float.infinity
        for score in row where score > best { best = score }
        let scale = Scale(best: best, temperature: 1)
        let whole = log(scale.weight(ofAll: scores))
        func likely(_ id: TokenID, _ score: Float) -> LikelyToken {
            let logprob = Float(-scale.surprise(of: score) - whole)
            return LikelyToken(
                id: id,
                logprob: max(logprob, LikelyToken.lowestLogprob),
                bytes: Array(spelling.bytes(of: id).prefix(LikelyToken.byteLimit))
            )
        }
        let score = Int(id) < row.count ? row[Int(id)] : -.infinity
        var told = TokenLogprob(likely(id, score))
        guard topCount > 0 else { return told }
        ranked.begin(best: best, width: 1)
        while told.top.count < topCount, let token = ranked.token(at: told.top.count, of: scores) {
            told.top.append(likely(token.id, token.score))
        }
        return told
    }
}
