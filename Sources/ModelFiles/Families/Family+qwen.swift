internal import JSON

extension Family {
    static let qwen2 = Family("qwen2") {
        $0.attention.bias = .always
        $0.attention.outputBias = .never
        $0.feedForward.bias = .never
        $0.window = WindowRule(pattern: .from(key: "max_window_layers"), switchKey: "use_sliding_window")
        $0.defaults = ["sliding_window": 4096, "max_window_layers": 28]
    }

    static let qwen3 = Family("qwen3") {
        $0.norm.heads = .eachHead
        $0.feedForward.bias = .never
        $0.window = WindowRule(pattern: .from(key: "max_window_layers"), switchKey: "use_sliding_window")
        $0.defaults = ["head_dim": 128, "sliding_window": 4096, "max_window_layers": 28]
    }

    static let qwen2MoE = Family("qwen2_moe") {
        $0.attention.bias = .key("qkv_bias", default: true)
        $0.attention.outputBias = .never
        $0.feedForward.bias = .never
        $0.window = WindowRule(
            pattern: .alternatingBelow(key: "max_window_layers"),
            switchKey: "use_sliding_window"
        )
        $0.experts = ExpertRule(normalizes: .key("norm_topk_prob"), skipsLayers: true)
        $0.experts?.sharedSizeKey = "shared_expert_intermediate_size"
        $0.defaults = ["sliding_window": 4096, "max_window_layers": 28]
    }

    static let qwen3MoE = Family("qwen3_moe") {
        $0.norm.heads = .eachHead
        $0.feedForward.bias = .never
        $0.window = WindowRule(pattern: .everyLayer, switchKey: "use_sliding_window", readsLayerTypes: false)
        $0.experts = ExpertRule(normalizes: .key("norm_topk_prob"), skipsLayers: true)
        $0.defaults = ["sliding_window": 4096]
    }
}
