extension Family {
    /// How the experts of a family are chosen and found.
    struct ExpertRule: Sendable {
        var countKeys = ["num_experts", "num_local_experts"]
        var perTokenKey = "num_experts_per_tok"
        var sizeKey = "moe_intermediate_size"
        var score = ExpertConfig.Score.softmax
        /// Whether the weights of the chosen are made to sum up to 1.
        var normalizes = Choice.always
        /// Size of the expert that every token passes.
        var sharedSizeKey: String?
        /// Whether `mlp_only_layers` and `decoder_sparse_step` say which layers have experts.
        var skipsLayers = false
        /// Of the experts, not of the router.
        var hasBias = false
        var routerHasBias = false
        /// The bend that is not the feed-forward block's.
        var hasClampedGate = false
        var tensors = ExpertTensorNames()
    }
}

/// What the weights of experts are called; their forms are many and told apart by which of them are there.
public struct ExpertTensorNames: Sendable {
    /// The block within a layer; the second is another program's word for it.
    public var blocks = ["mlp.", "block_sparse_moe."]
    public var router = "gate"
    /// Added to the scores when experts are chosen, not when they are weighed.
    public var selectionBias: String?
    /// Of one expert, behind its number.
    public var gate = "gate_proj"
    public var up = "up_proj"
    public var down = "down_proj"
    /// Whether gate and up come row by row in turn where they are one tensor, and matrices as
    /// [input, output].
    public var areInterleaved = false
    public var shared = "shared_expert."
    public var sharedGate = "shared_expert_gate"

    /// Those of transformers.
    public static let usual = ExpertTensorNames()
}
