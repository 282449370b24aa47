import JSON
import ModelFiles
import TestSupport
import Testing

@Suite struct `A model's config` {
    private static let llama: JSONObject = [
        "model_type": "llama", "vocab_size": 648, "hidden_size": 64, "intermediate_size": 176,
        "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
        "max_position_embeddings": 2048, "rms_norm_eps": 1e-5, "rope_theta": 500_000.0,
    ]

    @Test func `is read in the style of published models`() throws {
        let config = try read([
            "head_dim": 32, "tie_word_embeddings": true, "attention_bias": true, "mlp_bias": true,
            "rope_scaling": [
                "rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4,
                "original_max_position_embeddings": 64,
            ],
        ])
        #expect(config.family.name == "llama" && config.vocabularySize == 648 && config.contextTokens == 2048)
        #expect(config.hiddenSize == 64 && config.feedForwardSize == 176 && config.layers.count == 3)
        let attention = config.attention
        #expect(attention.headCount == 4 && attention.keyValueHeadCount == 2 && attention.headSize == 32)
        #expect(config.norm.epsilon == 1e-5 && config.tiesEmbeddings)
        #expect(attention.hasInputBias && attention.hasOutputBias && config.hasFeedForwardBias)
        #expect(config.ropes[0].base == 500_000)
        guard case .llama3(let scaling) = config.ropes[0].scaling else {
            Issue.record("\(config.ropes[0].scaling)")
            return
        }
        #expect(scaling.factor == 8 && scaling.originalContextTokens == 64)
        #expect(scaling.lowFrequencyFactor == 1 && scaling.highFrequencyFactor == 4)
    }

    @Test func `is read in the newer style`() throws {
        let config = try read([
            "dtype": "bfloat16", "rope_theta": nil,
            "rope_parameters": ["rope_type": "linear", "rope_theta": 7000, "factor": 2.5],
        ])
        #expect(config.ropes[0].base == 7000 && config.ropes[0].scaling == .linear(factor: 2.5))
    }

    @Test func `has defaults where families have them`() throws {
        let config = try read([
            "num_key_value_heads": nil, "rope_theta": nil, "rope_scaling": nil, "rms_norm_eps": nil,
        ])
        #expect(config.attention.keyValueHeadCount == 4 && config.attention.headSize == 16)
        #expect(config.ropes[0].base == 10_000 && config.ropes[0].scaling == .none)
        #expect(!config.tiesEmbeddings && !config.attention.hasInputBias)
        #expect(
            try read(["rope_scaling": ["type": "linear", "factor": 4]]).ropes[0].scaling == .linear(factor: 4)
        )
        #expect(try read(["model_type": "qwen3"]).norm.heads == .eachHead)
        let qwen2 = try read(["model_type": "qwen2"]).attention
        #expect(qwen2.hasInputBias && !qwen2.hasOutputBias)
    }

    @Test func `of an unknown family is refused with the known ones`() throws {
        let error = #expect(throws: ModelFileError.self) { try read(["model_type": "mamba"]) }
        #expect(error?.field == "model_type" && error?.file.hasSuffix("config.json") == true)
        #expect(error?.problem.contains("llama, minimax_m2, mistral") == true)
    }

    @Test func `says how far each layer sees`() throws {
        let window: JSONObject = ["model_type": "mistral", "sliding_window": 48]
        #expect(try read(window).layers.map(\.reach) == [47, 47, 47])
        #expect(try read(["model_type": "mistral"]).layers[0].reach == 4095)
        #expect(try read(["model_type": "mistral", "sliding_window": .null]).layers[0].reach == nil)
        let qwen: JSONObject = ["model_type": "qwen2", "sliding_window": 8, "max_window_layers": 2]
        #expect(try read(qwen).layers.map(\.reach) == [nil, nil, nil])
        var switched = qwen
        switched["use_sliding_window"] = true
        #expect(try read(switched).layers.map(\.reach) == [nil, nil, 7])
        switched["layer_types"] = ["sliding_attention", "full_attention", "sliding_attention"]
        #expect(try read(switched).layers.map(\.reach) == [7, nil, 7])
        let gemma: JSONObject = [
            "model_type": "gemma3_text", "sliding_window": 32, "sliding_window_pattern": 2,
        ]
        let config = try read(gemma)
        #expect(config.layers.map(\.reach) == [31, nil, 31] && config.layers.map(\.rope) == [1, 0, 1])
        #expect(config.ropes.map(\.base) == [500_000, 10_000])
    }

    @Test func `knows the rope of each kind of layer`() throws {
        let gemma = try read([
            "model_type": "gemma3_text",
            "rope_parameters": [
                "full_attention": ["rope_type": "linear", "factor": 8, "rope_theta": 1e6],
                "sliding_attention": ["rope_type": "default", "rope_theta": 5000],
            ],
        ])
        #expect(gemma.ropes.map(\.base) == [1e6, 5000] && gemma.ropes[1].scaling == .none)
        #expect(gemma.ropes[0].scaling == .linear(factor: 8))
        let smol = try read(["model_type": "smollm3", "no_rope_layers": [1, 0, 1]])
        #expect(smol.layers.map(\.rope) == [0, nil, 0])
        let phi = try read(["model_type": "phi3", "partial_rotary_factor": 0.75])
        #expect(phi.ropes[0].rotatedSize == 12 && phi.ropes[0].pairCount == 6)
        let yarn = try read([
            "rope_scaling": ["rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 1024]
        ])
        #expect(yarn.contextTokens == 4096 && abs(yarn.ropes[0].magnitude - 1.138_629) < 1e-6)
    }

    @Test func `knows experts and the layers that have them`() throws {
        let experts: JSONObject = [
            "model_type": "qwen3_moe", "num_experts": 8, "num_experts_per_tok": 3,
            "moe_intermediate_size": 48,
            "norm_topk_prob": true, "mlp_only_layers": [1],
        ]
        let config = try read(experts)
        #expect(config.experts?.count == 8 && config.experts?.perToken == 3 && config.experts?.size == 48)
        #expect(config.experts?.normalizes == true && config.layers.map(\.hasExperts) == [true, false, true])
    }

    static let wrong: [(field: String, changes: JSONObject)] = [
        ("model_type", ["model_type": .null]),
        ("vocab_size", ["vocab_size": 0]),
        ("vocab_size", ["vocab_size": "648"]),
        ("vocab_size", ["vocab_size": 648.5]),
        ("hidden_size", ["hidden_size": -64]),
        ("hidden_size", ["hidden_size": .null]),
        ("num_hidden_layers", ["num_hidden_layers": 1025]),
        ("max_position_embeddings", ["max_position_embeddings": .integer(.max)]),
        ("num_key_value_heads", ["num_key_value_heads": 3]),
        ("num_key_value_heads", ["num_key_value_heads": 8]),
        ("num_attention_heads", ["num_attention_heads": 5, "num_key_value_heads": 5]),
        ("head_dim", ["head_dim": 12]),
        ("head_dim", ["head_dim": 1024]),
        ("head_dim", ["num_attention_heads": 64, "num_key_value_heads": 2]),
        ("rms_norm_eps", ["rms_norm_eps": -1]),
        ("rms_norm_eps", ["rms_norm_eps": "small"]),
        ("rope_theta", ["rope_theta": 0]),
        ("rope_scaling", ["rope_scaling": 7]),
        ("rope_scaling.rope_type", ["rope_scaling": ["rope_type": "spiral", "factor": 4]]),
        ("rope_scaling.factor", ["rope_scaling": ["type": "linear"]]),
        ("rope_scaling.low_freq_factor", ["rope_scaling": ["rope_type": "llama3", "factor": 8]]),
        ("rope_parameters.rope_theta", ["rope_parameters": ["rope_theta": "far"]]),
        ("tie_word_embeddings", ["tie_word_embeddings": 1]),
        ("hidden_act", ["hidden_act": "mish"]),
        ("quantization.mode", ["quantization": ["mode": "nvfp4"]]),
        ("quantization_config.quant_method", ["quantization_config": ["quant_method": "gptq"]]),
        ("use_sliding_window", ["use_sliding_window": true]),
        ("layer_types", ["layer_types": ["full_attention", "sliding_attention"]]),
        ("partial_rotary_factor", ["partial_rotary_factor": 0.5]),
        (
            "layer_types",
            ["model_type": "qwen3", "use_sliding_window": true, "layer_types": ["full_attention"]]
        ),
        ("sliding_window", ["model_type": "mistral", "sliding_window": 0]),
        ("num_experts", ["model_type": "qwen3_moe"]),
        (
            "num_experts_per_tok",
            ["model_type": "mixtral", "num_local_experts": 2, "num_experts_per_tok": 3]
        ),
        ("no_rope_layers", ["model_type": "smollm3", "no_rope_layers": [1, 2, 1]]),
        ("use_bidirectional_attention", ["model_type": "gemma3_text", "use_bidirectional_attention": true]),
        ("position_embedding_type", ["model_type": "bert", "position_embedding_type": "relative_key"]),
        ("query_pre_attn_scalar", ["model_type": "gemma2", "query_pre_attn_scalar": 0]),
        ("text_config", ["model_type": "gemma3"]),
        (
            "rope_scaling.long_factor",
            [
                "rope_scaling": [
                    "type": "longrope", "short_factor": [1, 1, 1, 1, 1, 1, 1, 1], "long_factor": [1],
                ]
            ]
        ),
    ]

    @Test(arguments: wrong.indices) func `is refused by the name of the wrong field`(index: Int) throws {
        let (field, changes) = Self.wrong[index]
        let error = #expect(throws: ModelFileError.self) { try read(changes) }
        #expect(error?.field == field, "\(JSONValue.object(changes)): \(error?.description ?? "")")
    }

    @Test func `never traps, whatever its numbers are`() throws {
        let seed: UInt64 = 5
        var random = SplitMix64(seed: seed)
        let values: [JSONValue] = [
            .integer(.max), .integer(.min), 0, 1, -1, 8, 512, 1e300, -1e300, 0.5, .null, "8", [8], [:], true,
        ]
        let place = try Workplace()
        for _ in 0..<300 {
            var config = Self.llama
            config["head_dim"] = 16
            config["rope_scaling"] = ["type": "linear", "factor": values.randomElement(using: &random) ?? 1]
            for _ in 0..<2 {
                guard let key = config.keys.randomElement(using: &random) else { continue }
                config[key] = values.randomElement(using: &random)
            }
            try place.write("config.json", .object(config))
            do {
                _ = try ModelSource(path: place.path).config
            } catch {
                #expect(error.file.hasSuffix("config.json"), "seed \(seed)")
            }
        }
    }

    private func read(_ changes: JSONObject) throws -> ModelConfig {
        let place = try Workplace()
        var config = Self.llama
        for (key, value) in changes { config[key] = value }
        try place.write("config.json", .object(config))
        return try ModelSource(path: place.path).config
    }
}
