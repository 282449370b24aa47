internal import Contract
internal import Engine
internal import Fingerprints
internal import Tokenizer

/// What the links of a prompt come to in tokens.
extension PreparedPrompt {
    /// The links with the tokens that their text is certain to begin with, in ascending order.
    ///
    /// The edge has cut the request and knows no tokens; here the same cuts are found again in the text that
    /// the template made of it. Where a place cannot be told, the one before it is taken: too few tokens cost
    /// a little time, too many would promise what is not there. What a prompt was cut to has no beginning in
    /// common with anything.
    ///
    /// One pass over the request and one over the tokens.
    func covered(_ links: [PromptLink], of prompt: Prompt, _ tokenizer: Tokenizer) -> [CoveredLink] {
        guard !links.isEmpty, cutBytes == 0 else { return [] }
        let places = PromptChunks(prompt).places
        guard places.count == links.count else { return [] }
        var counter = TokenCounter(ids: ids, tokenizer: tokenizer)
        var covered: [CoveredLink] = []
        covered.reserveCapacity(links.count)
        for (link, place) in zip(links, places) {
            switch place {
            case .tokens(let count): counter.tokenCount = min(count, ids.count)
            case .text(let byte): counter.advance(to: byte)
            case .head: counter.advance(to: map?.endOfTools)
            case .inside(let message, let byte):
                counter.advance(to: map?.end(ofMessage: message, contentBytes: byte))
            case .end(let message): counter.advance(to: map?.end(ofMessage: message, contentBytes: nil))
            }
            covered.append(CoveredLink(link.link, tokens: counter.tokenCount))
        }
        return covered
    }
}

/// Counts the tokens of a text that end at or before places which come in ascending order.
private struct TokenCounter {
    let ids: [TokenID]
    let tokenizer: Tokenizer
    var tokenCount = 0
    private var byteCount = 0

    init(ids: [TokenID], tokenizer: Tokenizer) {
        self.ids = ids
        self.tokenizer = tokenizer
    }

    /// A place that is not known, or behind the last one, moves nothing.
    mutating func advance(to place: Int?) {
        guard let place else { return }
        while tokenCount < ids.count {
            let next = byteCount + tokenizer.byteCount(of: ids[tokenCount])
            guard next <= place else { return }
            byteCount = next
            tokenCount += 1
        }
    }
}
