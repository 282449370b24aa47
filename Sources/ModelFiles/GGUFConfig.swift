internal import JSON

/// Says in the words of config.json what a GGUF file's metadata say, so that one parser serves both.
///
/// A key that the file lacks stays out; the parser then takes its default or asks for it by name. Values that
/// GGUF files leave to the program that runs them are filled in per architecture.
struct GGUFConfig {
    let metadata: GGUFMetadata
    /// By the file's own names.
    let tensors: [String: TensorView]
    let architecture: String
    private var members: JSONObject = [:]

    /// The document, or nil for a file without an architecture, such as one with an adapter.
    static func document(
        _ metadata: GGUFMetadata,
        tensors: [String: TensorView]
    ) throws(ModelFileError)
        -> JSONValue?
    {
        guard let architecture = metadata.text("general.architecture") else { return nil }
        var config = GGUFConfig(metadata: metadata, tensors: tensors, architecture: architecture)
        try config.writeShape()
        try config.writeRope()
        try config.writeExperts()
        try config.writeArchitecture()
        return .object(config.members)
    }

    private init(metadata: GGUFMetadata, tensors: [String: TensorView], architecture: String) {
        self.metadata = metadata
        self.tensors = tensors
        self.architecture = architecture
    }

    private mutating func writeShape() throws(ModelFileError) {
        members["model_type"] = .string(modelType)
        members["vocab_size"] = vocabularySize.map { .integer($0) }
        try copy("context_length", to: "max_position_embeddings")
        try copy("embedding_length", to: "hidden_size")
        let layers = try value("block_count")?.integerValue
        // Layers that guess further tokens come last; they are not part of the model proper.
        let guessing = try value("nextn_predict_layers")?.integerValue ?? 0
        members["num_hidden_layers"] = layers.map { .integer($0 &- guessing) }
        try copy("attention.head_count", to: "num_attention_heads")
        try copy("attention.head_count_kv", to: "num_key_value_heads")
        try copy("attention.key_length", to: "head_dim")
        try copy("feed_forward_length", to: "intermediate_size")
        try copy("attention.layer_norm_rms_epsilon", to: "rms_norm_eps")
        try copy("attention.layer_norm_epsilon", to: "layer_norm_eps")
        // Some converters write 0 for a model without a window.
        if try value("attention.sliding_window") != 0 {
            try copy("attention.sliding_window", to: "sliding_window")
        }
        try copy("attn_logit_softcapping", to: "attn_logit_softcapping")
        try copy("final_logit_softcapping", to: "final_logit_softcapping")
        members["tie_word_embeddings"] = .bool(!tensors.isEmpty && tensors["output.weight"] == nil)
        members["attention_bias"] = .bool(tensors["blk.0.attn_q.bias"] != nil)
        members["mlp_bias"] = .bool(tensors["blk.0.ffn_up.bias"] != nil)
        for (key, name) in [("bos", "bos"), ("eos", "eos"), ("padding", "pad")] {
            members["\(name)_token_id"] = metadata.integer("tokenizer.ggml.\(key)_token_id")
                .map { .integer($0) }
        }
    }

    /// `model_type` of config.json.
    private var modelType: String {
        let hasExperts = (metadata.integer("\(architecture).expert_count") ?? 0) > 0
        return switch architecture {
        case "llama" where hasExperts: "mixtral"
        case "llama" where (metadata.integer("llama.attention.sliding_window") ?? 0) > 0: "mistral"
        case "qwen3moe": "qwen3_moe"
        case "gemma3": "gemma3_text"
        case "gpt-oss": "gpt_oss"
        case "minimax-m2": "minimax_m2"
        default: architecture
        }
    }

    private var vocabularySize: Int64? {
        if let rows = tensors["token_embd.weight"]?.shape.first { return Int64(rows) }
        return metadata.integer("\(architecture).vocab_size")
            ?? metadata.count("tokenizer.ggml.tokens").map(Int64.init)
    }

    private mutating func writeExperts() throws(ModelFileError) {
        guard let count = try value("expert_count")?.integerValue, count > 0 else { return }
        members["num_local_experts"] = .integer(count)
        members["num_experts"] = .integer(count)
        try copy("expert_used_count", to: "num_experts_per_tok")
        try copy("expert_feed_forward_length", to: "moe_intermediate_size")
        if let norm = try value("expert_weights_norm") { members["norm_topk_prob"] = norm }
    }

    // MARK: Rotary embedding

    private mutating func writeRope() throws(ModelFileError) {
        try copy("rope.freq_base", to: "rope_theta")
        if let dimensions = try value("rope.dimension_count")?.integerValue, let size = headSize, size > 0 {
            members["partial_rotary_factor"] =
                dimensions == size ? nil : .number(Double(dimensions) / Double(size))
        }
        let original = try value("rope.scaling.original_context_length")
        if let factors = try factors("rope_freqs.weight") {
            members["rope_scaling"] = ["rope_type": "factors", "factors": factors]
        } else if let long = try factors("rope_factors_long.weight"),
            let short = try factors("rope_factors_short.weight")
        {
            members["rope_scaling"] = ["rope_type": "longrope", "long_factor": long, "short_factor": short]
            members["original_max_position_embeddings"] = original
        } else if let kind = metadata.text("\(architecture).rope.scaling.type"), kind != "none" {
            var scaling: JSONObject = ["rope_type": .string(kind)]
            scaling["factor"] = try value("rope.scaling.factor")
            scaling["original_max_position_embeddings"] = original
            scaling["beta_fast"] = try value("rope.scaling.yarn_beta_fast")
            scaling["beta_slow"] = try value("rope.scaling.yarn_beta_slow")
            members["rope_scaling"] = .object(scaling)
        }
    }

    private var headSize: Int64? {
        if let size = metadata.integer("\(architecture).attention.key_length") { return size }
        guard let width = metadata.integer("\(architecture).embedding_length"),
            let heads = members["num_attention_heads"]?.integerValue, heads > 0
        else { return nil }
        return width / heads
    }

    /// A vector that divides the frequencies.
    private func factors(_ name: String) throws(ModelFileError) -> JSONValue? {
        guard let tensor = tensors[name] else { return nil }
        let count = tensor.shape.first ?? 0
        guard count <= ModelFileLimits.headWidth.upperBound else {
            throw tensor.error(
                "has \(count) numbers, a head has at most \(ModelFileLimits.headWidth.upperBound)"
            )
        }
        let numbers = try tensor.checked(shape: [count], types: [.f32])
        return .array(
            (0..<count).map { index in
                let bits = numbers.bytes.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)
                return .number(Double(Float(bitPattern: UInt32(littleEndian: bits))))
            }
        )
    }

    // MARK: What single architectures need

    private mutating func writeArchitecture() throws(ModelFileError) {
        let layers = members["num_hidden_layers"]?.integerValue ?? 0
        switch architecture {
        case "llama" where modelType == "mixtral": members["moe_intermediate_size"] = nil
        case "qwen3moe":
            setDefault("norm_topk_prob", true)
            setDefault("decoder_sparse_step", 1)
        case "olmoe":
            setDefault("norm_topk_prob", false)
            // Experts are the only feed-forward blocks, and config.json gives their width under this name.
            members["moe_intermediate_size"] = nil
        case "gemma", "gemma2", "gemma3": writeGemma(layers: layers)
        case "granite":
            try copy("embedding_scale", to: "embedding_multiplier")
            try copy("residual_scale", to: "residual_multiplier")
            try copy("attention.scale", to: "attention_multiplier")
            try copy("logit_scale", to: "logits_scaling")
        case "smollm3":
            // Every fourth layer knows no positions.
            members["no_rope_layers"] = .array((0..<clamped(layers)).map { .integer($0 % 4 == 3 ? 0 : 1) })
        case "gpt-oss": writeGPTOSS(layers: layers)
        case "minimax-m2": writeMiniMax()
        case "starcoder2":
            setDefault("hidden_act", "gelu_pytorch_tanh")
            members["norm_epsilon"] = members["layer_norm_eps"]
            members["use_bias"] = members["attention_bias"]
        case "gpt2": writeGPT2()
        case "bert":
            setDefault("hidden_act", "gelu")
            try copy("pooling_type", to: "pooling_type")
            members["type_vocab_size"] = tensors["token_types.weight"]?.shape.first.map {
                .integer(Int64($0))
            }
        default: break
        }
    }

    private mutating func writeGemma(layers: Int64) {
        members["hidden_activation"] = "gelu_pytorch_tanh"
        members["tie_word_embeddings"] = .bool(tensors["output.weight"] == nil)
        // The largest of each kind scale attention by what hidden_size gives each head.
        let width = members["hidden_size"]?.integerValue ?? 0
        let heads = members["num_attention_heads"]?.integerValue ?? 0
        let isLargest = (architecture, layers) == ("gemma2", 46) || (architecture, layers) == ("gemma3", 62)
        let perHead = isLargest && heads > 0 ? width / heads : headSize
        if architecture != "gemma" { members["query_pre_attn_scalar"] = perHead.map { .integer($0) } }
        guard architecture == "gemma3" else { return }
        members["rope_local_base_freq"] =
            metadata.number("gemma3.rope.freq_base_swa").map { .number($0) } ?? 10_000
        setDefault("rope_theta", 1_000_000)
        members["sliding_window_pattern"] = .integer(
            metadata.integer("gemma3.attention.sliding_window_pattern") ?? 6
        )
    }

    private mutating func writeGPTOSS(layers: Int64) {
        members["attention_bias"] = true
        members["mlp_bias"] = nil
        setDefault("swiglu_limit", 7)
        members["layer_types"] = .array(
            (0..<clamped(layers)).map { $0 % 2 == 0 ? "sliding_attention" : "full_attention" }
        )
        // The width of an expert is the only one.
        if let width = members["moe_intermediate_size"] { members["intermediate_size"] = width }
        guard case .object(var scaling)? = members["rope_scaling"] else { return }
        if scaling["beta_fast"] == nil { scaling["beta_fast"] = 32 }
        if scaling["beta_slow"] == nil { scaling["beta_slow"] = 1 }
        scaling["truncate"] = false
        members["rope_scaling"] = .object(scaling)
    }

    private mutating func writeMiniMax() {
        if let width = members["moe_intermediate_size"] { members["intermediate_size"] = width }
        members["use_qk_norm"] = true
        members["scoring_func"] = "sigmoid"
        members["use_routing_bias"] = true
        setDefault("norm_topk_prob", true)
        members["rotary_dim"] = metadata.integer("minimax-m2.rope.dimension_count").map { .integer($0) }
        members["partial_rotary_factor"] = nil
    }

    private mutating func writeGPT2() {
        members["n_embd"] = members["hidden_size"]
        members["n_head"] = members["num_attention_heads"]
        members["n_layer"] = members["num_hidden_layers"]
        members["n_positions"] = members["max_position_embeddings"]
        members["n_inner"] = members["intermediate_size"]
        members["layer_norm_epsilon"] = members["layer_norm_eps"]
        setDefault("activation_function", "gelu_new")
    }

    // MARK: Values

    private mutating func copy(_ key: String, to name: String) throws(ModelFileError) {
        if let value = try value(key) { members[name] = value }
    }

    private mutating func setDefault(_ name: String, _ value: JSONValue) {
        if members[name] == nil { members[name] = value }
    }

    /// A list as long as the layers is only built for as many as a model may have.
    private func clamped(_ layers: Int64) -> Int64 {
        max(0, min(layers, Int64(ModelFileLimits.layers.upperBound)))
    }

    /// A number or flag of this architecture; where each layer has its own, they must be equal.
    private func value(_ key: String) throws(ModelFileError) -> JSONValue? {
        let key = "\(architecture).\(key)"
        if let integer = metadata.integer(key) { return .integer(integer) }
        if let number = metadata.number(key) { return .number(number) }
        if let flag = metadata.flag(key) { return .bool(flag) }
        guard let list = metadata.integers(key), let first = list.first else { return nil }
        guard list.allSatisfy({ $0 == first }) else {
            throw ModelFileError(metadata.path, key, "differs from layer to layer, which is not supported")
        }
        return .integer(first)
    }
}
