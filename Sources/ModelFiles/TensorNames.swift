/// What the weights of a family are called: Hugging Face's names, without `.weight` and `.bias`.
///
/// Those of a layer follow `layers`, the number of the layer and a dot. A norm without a name is one that the
/// family does not have; so the names also say where the norms are.
public struct TensorNames: Sendable {
    /// What all names begin with: the first of these under which the embedding is found.
    public var roots = ["model.", ""]
    public var layers = "layers."

    public var embedding = "embed_tokens"
    public var positions: String?
    /// Added to a token by which text of a pair it belongs to.
    public var tokenTypes: String?
    public var embeddingNorm: String?
    public var lastNorm: String? = "norm"
    /// Not under a root.
    public var head = "lm_head"

    public var attention = BlockNorms(before: "input_layernorm")
    public var feedForward = BlockNorms(before: "post_attention_layernorm")

    public var query = "self_attn.q_proj"
    public var key = "self_attn.k_proj"
    public var value = "self_attn.v_proj"
    /// Query, key and value in one matrix.
    public var queryKeyValue: String?
    public var queryNorm = "self_attn.q_norm"
    public var keyNorm = "self_attn.k_norm"
    public var sinks = "self_attn.sinks"
    public var attentionOutput = "self_attn.o_proj"

    public var gate = "mlp.gate_proj"
    public var up = "mlp.up_proj"
    /// Gate and up in one matrix, in this order.
    public var gateUp: String?
    public var down = "mlp.down_proj"

    /// Whether Hugging Face files hold matrices as [input, output].
    public var areTransposed = false

    /// The norms around one block of a layer.
    public struct BlockNorms: Sendable {
        /// Of what the block reads.
        public var before: String?
        /// Of what the block gives, before it is added to what came in.
        public var after: String?
        /// Of the sum.
        public var afterSum: String?
    }
}
