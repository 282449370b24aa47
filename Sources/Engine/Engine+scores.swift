internal import Contract

extension Engine {
    /// Bytes of a record after which the next token of a prompt begins another one.
    private static var recordBytes: Int { 64 << 10 }

    /// Tells the tokens of a prompt that the rows of a share say how likely they are, before anything is
    /// picked; `row` is the first of them.
    mutating func score(_ share: StepPlan.Share, from row: Int, _ records: inout [TokenRecord]) {
        let index = share.index
        guard let score = batch[index].score, let spelling = batch[index].spelling else { return }
        let start = batch[index].computed
        let end = min(batch[index].promptCount, start + share.knownCount + 1)
        var told: [TokenLogprob] = []
        var byteCount = 0
        do throws(SamplingError) {
            for place in score.told..<end {
                let id = batch[index].tokens[place]
                var logprob = TokenLogprob(LikelyToken(id: id, logprob: 0, bytes: []))
                if place == 0 {
                    logprob.token.bytes = Likelihoods.bytes(of: id, spelling)
                } else {
                    let first = (row + place - 1 - start) * frame.vocabularySize
                    let range = first..<first + frame.vocabularySize
                    logprob = try likelihoods.score(id, logits, at: range, score.topCount, spelling)
                }
                byteCount += logprob.byteCount
                told.append(logprob)
                guard byteCount >= Self.recordBytes, place + 1 < end else { continue }
                records.append(batch[index].tell(told))
                (told, byteCount) = ([], 0)
            }
            records.append(batch[index].tell(told))
        } catch {
            fail(index, Self.failure(of: error), &records)
        }
    }
}
