/// What sets one family of models apart from the others.
///
/// Everything else is shared: token embedding, then per layer norm, attention, norm, gated feed-forward, each
/// added to what came in; a last norm and the head.
///
/// A further family is one more value in `known`, plus a block in the transformer where it needs one that is
/// not there.
public struct Family: Hashable, Sendable {
    /// Which of the four attention projections have a bias.
    public enum AttentionBias: Hashable, Sendable {
        case none
        case queryKeyValue
        case all
    }

    /// `model_type` in config.json.
    public var name: String
    /// Whether each query and key head passes an RMS norm before it is rotated.
    public var normalizesHeads: Bool
    /// Nil: config.json's `attention_bias` chooses between none and all.
    public var attentionBias: AttentionBias?

    /// Llama 2 and 3, and the many models that share their layout.
    public static let llama = Family(name: "llama", normalizesHeads: false, attentionBias: nil)
    public static let qwen2 = Family(name: "qwen2", normalizesHeads: false, attentionBias: .queryKeyValue)
    public static let qwen3 = Family(name: "qwen3", normalizesHeads: true, attentionBias: nil)

    public static let known: [Family] = [.llama, .qwen2, .qwen3]
}
