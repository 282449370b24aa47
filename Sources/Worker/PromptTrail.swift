internal import Contract
internal import Tokenizer

/// What is kept of a prompt until its stream opens, to say where the text ended that was known already.
struct PromptTrail: Sendable {
    /// Of the prompt that is computed.
    var ids: [TokenID]
    /// Bytes of text in front of `ids`, where a prompt was cut.
    var cutBytes = 0
    /// Nil for a prompt that is no chat.
    var map: PromptMap?

    /// Why no more than `cachedTokens` of the prompt was known; nil if there could not be more.
    ///
    /// A pass over the tokens that were known, and only once for a stream: some nanoseconds for each.
    func end(cachedTokens: Int, _ tokenizer: Tokenizer) -> ReuseEnd? {
        guard cachedTokens < ids.count - 1 else { return nil }
        guard cachedTokens > 0 else { return .start }
        guard let map else { return .text }
        let known = ids.prefix(cachedTokens).reduce(0) { $0 + tokenizer.byteCount(of: $1) }
        return map.end(at: cutBytes + known)
    }
}
