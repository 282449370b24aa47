/// Whether a model's weights and its conversations have room in a machine's memory.
public struct Fit: Hashable, Sendable {
    public enum Verdict: String, Hashable, Sendable {
        case fullContext = "full_context"
        case eightThousandTokens = "8k_tokens"
        case no
    }

    public var verdict: Verdict
    /// Tokens of context that there is room for beside the weights, no more than the model has.
    public var tokenCount: Int

    /// Nil where the memory or the model's needs are unknown.
    init?(weightBytes: Int, keyValues: KeyValueFacts?, contextTokenCount: Int?, availableBytes: Int?) {
        guard let keyValues, keyValues.bytesPerToken > 0, let contextTokenCount, let availableBytes else {
            return nil
        }
        tokenCount = min(contextTokenCount, max(0, availableBytes - weightBytes) / keyValues.bytesPerToken)
        verdict =
            tokenCount == contextTokenCount
            ? .fullContext : tokenCount >= 8192 ? .eightThousandTokens : .no
    }
}
