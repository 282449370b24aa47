internal import JSON

extension Family {
    static let gemma = Family("gemma", describeGemma)

    /// Gemma 2: capped scores and logits, every other layer with a window.
    static let gemma2 = Family("gemma2") {
        describeLaterGemma(&$0)
        $0.attention.softCapKey = "attn_logit_softcapping"
        $0.window = WindowRule(pattern: .allButEvery(key: "sliding_window_pattern"))
        $0.defaults["sliding_window_pattern"] = 2
        $0.defaults["attn_logit_softcapping"] = 50
        $0.defaults["final_logit_softcapping"] = 30
    }

    /// Gemma 3: heads normalised, every sixth layer without a window and with a rope of its own.
    static let gemma3Text = Family("gemma3_text", describeGemma3)

    /// Gemma 3 with a part for images, which is left out.
    static let gemma3 = Family("gemma3") {
        describeGemma3(&$0)
        $0.nestedConfig = "text_config"
        $0.tensors.roots = ["model.language_model.", "language_model.model.", "model."]
    }

    private static func describeGemma(_ family: inout Family) {
        family.norm.addsOne = true
        family.feedForward.bias = .never
        family.feedForward.readsGeluAsTanh = true
        family.scale.multipliesEmbeddingByRoot = true
        family.fixedOptions = ["use_bidirectional_attention": false]
        family.defaults = [
            "head_dim": 256, "tie_word_embeddings": true, "hidden_act": "gelu_pytorch_tanh",
            "hidden_activation": "gelu_pytorch_tanh",
        ]
    }

    private static func describeLaterGemma(_ family: inout Family) {
        describeGemma(&family)
        family.feedForward.activationKey = "hidden_activation"
        family.feedForward.readsGeluAsTanh = false
        family.attention.scale = .rootOf(key: "query_pre_attn_scalar")
        family.scale.logitSoftCapKey = "final_logit_softcapping"
        family.tensors.attention.after = "post_attention_layernorm"
        family.tensors.feedForward.before = "pre_feedforward_layernorm"
        family.tensors.feedForward.after = "post_feedforward_layernorm"
        family.defaults["query_pre_attn_scalar"] = 256
        family.defaults["sliding_window"] = 4096
    }

    private static func describeGemma3(_ family: inout Family) {
        describeLaterGemma(&family)
        family.norm.heads = .eachHead
        family.window = WindowRule(pattern: .allButEvery(key: "sliding_window_pattern"))
        family.rope.local = LocalRope(baseKey: "rope_local_base_freq", isScaled: false)
        // The published configs with images leave out what is usual.
        let usual: [(String, Int64)] = [
            ("sliding_window_pattern", 6), ("rope_theta", 1_000_000), ("rope_local_base_freq", 10_000),
            ("vocab_size", 262_208), ("num_attention_heads", 8), ("num_key_value_heads", 4),
            ("max_position_embeddings", 131_072),
        ]
        for (key, value) in usual { family.defaults[key] = .integer(value) }
    }
}
