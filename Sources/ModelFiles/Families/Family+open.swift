internal import JSON

extension Family {
    /// OLMo 2: blocks read their input as it is, and their output is normalised.
    static let olmo2 = Family("olmo2") {
        $0.norm.heads = .allHeads
        $0.feedForward.bias = .never
        $0.tensors.attention = .init(after: "post_attention_layernorm")
        $0.tensors.feedForward = .init(after: "post_feedforward_layernorm")
        $0.defaults = ["rms_norm_eps": 1e-5]
    }

    static let olmoe = Family("olmoe") {
        $0.norm.heads = .allHeads
        $0.attention.clipKey = "clip_qkv"
        $0.experts = ExpertRule(sizeKey: "intermediate_size", normalizes: .key("norm_topk_prob"))
        $0.defaults = ["rms_norm_eps": 1e-5]
    }

    /// gpt-oss: a score for looking at nothing in each head, experts with biases and a gate that is cut off.
    static let gptOSS = Family("gpt_oss") {
        $0.attention.bias = .key("attention_bias", default: true)
        $0.attention.hasSinks = true
        $0.window = WindowRule(pattern: .allButEvery(key: "sliding_window_pattern"))
        $0.experts = ExpertRule(
            sizeKey: "intermediate_size",
            score: .softmaxOfChosen,
            hasBias: true,
            routerHasBias: true,
            hasClampedGate: true
        )
        $0.experts?.tensors.router = "router"
        $0.experts?.tensors.areInterleaved = true
        $0.defaults = [
            "head_dim": 64, "rms_norm_eps": 1e-5, "sliding_window": 128, "sliding_window_pattern": 2,
            "rope_theta": 150_000,
            "rope_scaling": [
                "rope_type": "yarn", "factor": 32, "beta_fast": 32, "beta_slow": 1, "truncate": false,
                "original_max_position_embeddings": 4096,
            ],
        ]
    }

    static let starCoder2 = Family("starcoder2") {
        $0.norm = NormRule(kind: .layer, epsilonKey: "norm_epsilon", bias: .always)
        $0.attention.bias = .key("use_bias", default: true)
        $0.feedForward.bias = .key("use_bias", default: true)
        $0.feedForward.isGated = false
        $0.window = WindowRule(pattern: .everyLayer, readsLayerTypes: false)
        $0.tensors.up = "mlp.c_fc"
        $0.tensors.down = "mlp.c_proj"
        $0.defaults = [
            "norm_epsilon": 1e-5, "tie_word_embeddings": true, "hidden_act": "gelu_pytorch_tanh",
            "num_key_value_heads": 2,
        ]
    }

    static let gpt2 = Family("gpt2") {
        $0.layerCountKey = "n_layer"
        $0.hiddenSizeKey = "n_embd"
        $0.norm = NormRule(kind: .layer, epsilonKey: "layer_norm_epsilon", bias: .always)
        $0.attention.headCountKey = "n_head"
        $0.attention.bias = .always
        $0.feedForward = FeedForwardRule(
            sizeKey: "n_inner",
            sizeFactor: 4,
            activationKey: "activation_function",
            isGated: false,
            bias: .always
        )
        $0.positions = .learned(countKey: "n_positions", startsBehindPadding: false)
        $0.fixedOptions = [
            "scale_attn_weights": true, "scale_attn_by_inverse_layer_idx": false,
            "add_cross_attention": false,
        ]
        $0.tensors = .gpt2
        $0.defaults = [
            "layer_norm_epsilon": 1e-5, "tie_word_embeddings": true, "activation_function": "gelu_new",
        ]
    }
}

extension TensorNames {
    fileprivate static let gpt2: TensorNames = {
        var names = TensorNames()
        names.roots = ["transformer.", ""]
        names.layers = "h."
        names.embedding = "wte"
        names.positions = "wpe"
        names.lastNorm = "ln_f"
        names.attention = BlockNorms(before: "ln_1")
        names.feedForward = BlockNorms(before: "ln_2")
        names.queryKeyValue = "attn.c_attn"
        names.attentionOutput = "attn.c_proj"
        names.up = "mlp.c_fc"
        names.down = "mlp.c_proj"
        names.areTransposed = true
        return names
    }()
}
