internal import JSON

extension Family {
    /// Llama 2 and 3, and the many models that share their layout.
    static let llama = Family("llama") { $0.rope.ggufPairsNeighbours = true }

    static let mistral = Family("mistral") {
        $0.attention.bias = .never
        $0.feedForward.bias = .never
        $0.window = WindowRule(pattern: .everyLayer, readsLayerTypes: false)
        $0.rope.ggufPairsNeighbours = true
        $0.defaults = ["sliding_window": 4096]
    }

    static let mixtral = Family("mixtral") {
        $0.attention.bias = .never
        $0.window = WindowRule(pattern: .everyLayer, readsLayerTypes: false)
        $0.rope.ggufPairsNeighbours = true
        $0.experts = ExpertRule(sizeKey: "intermediate_size", tensors: .mixtral)
        $0.defaults = ["rope_theta": 1e6, "rms_norm_eps": 1e-5]
    }

    /// MiniMax-M2: experts scored one by one, and a bias that steers which are chosen.
    static let miniMaxM2 = Family("minimax_m2") {
        $0.attention.bias = .never
        $0.norm.heads = .allHeads
        $0.rope.canBePartial = true
        $0.rope.sizeKey = "rotary_dim"
        $0.experts = ExpertRule(sizeKey: "intermediate_size", score: .sigmoid, tensors: .mixtral)
        $0.experts?.tensors.selectionBias = "e_score_correction_bias"
        $0.defaults = ["head_dim": 128, "rope_theta": 5e6]
    }

    /// Granite: Llama with numbers multiplied on their way.
    static let granite = Family("granite") {
        $0.attention.scale = .key("attention_multiplier")
        $0.scale.embeddingKey = "embedding_multiplier"
        $0.scale.residualKey = "residual_multiplier"
        $0.scale.logitDivisorKey = "logits_scaling"
        $0.rope.ggufPairsNeighbours = true
        $0.defaults = ["attention_multiplier": 1]
    }

    /// SmolLM3: every fourth layer does not rotate.
    static let smolLM3 = Family("smollm3") {
        $0.window = WindowRule(pattern: .unrotated, switchKey: "use_sliding_window")
        $0.rope.skippedLayers = (listKey: "no_rope_layers", intervalKey: "no_rope_layer_interval")
        $0.rope.ggufPairsNeighbours = true
        $0.defaults = [
            "tie_word_embeddings": true, "rope_theta": 2e6, "no_rope_layer_interval": 4,
            "num_key_value_heads": 4,
        ]
    }

    /// Phi-3: fused projections, and a divisor for each frequency.
    static let phi3 = Family("phi3") {
        $0.attention.bias = .never
        $0.feedForward.bias = .never
        $0.window = WindowRule(pattern: .everyLayer, readsLayerTypes: false)
        $0.rope.canBePartial = true
        $0.tensors.queryKeyValue = "self_attn.qkv_proj"
        $0.tensors.gateUp = "mlp.gate_up_proj"
        $0.defaults = ["rms_norm_eps": 1e-5]
    }
}

extension ExpertTensorNames {
    static let mixtral = ExpertTensorNames(
        blocks: ["block_sparse_moe.", "mlp."],
        gate: "w1",
        up: "w3",
        down: "w2"
    )
}
