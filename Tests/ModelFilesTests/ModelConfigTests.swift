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
        #expect(config.family == .llama && config.vocabularySize == 648 && config.contextTokens == 2048)
        #expect(config.hiddenSize == 64 && config.feedForwardSize == 176 && config.layerCount == 3)
        #expect(config.headCount == 4 && config.keyValueHeadCount == 2 && config.headSize == 32)
        #expect(config.normEpsilon == 1e-5 && config.tiesEmbeddings)
        #expect(config.attentionBias == .all && config.hasFeedForwardBias)
        #expect(config.rope.base == 500_000)
        guard case .llama3(let scaling) = config.rope.scaling else {
            Issue.record("\(config.rope.scaling)")
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
        #expect(config.rope.base == 7000 && config.rope.scaling == .linear(factor: 2.5))
    }

    @Test func `has defaults where families have them`() throws {
        let config = try read([
            "num_key_value_heads": nil, "rope_theta": nil, "rope_scaling": nil, "rms_norm_eps": nil,
        ])
        #expect(config.keyValueHeadCount == 4 && config.headSize == 16 && config.rope.base == 10_000)
        #expect(config.rope.scaling == .none && !config.tiesEmbeddings && config.attentionBias == .none)
        #expect(
            try read(["rope_scaling": ["type": "linear", "factor": 4]]).rope.scaling == .linear(factor: 4)
        )
        #expect(try read(["model_type": "qwen3"]).family.normalizesHeads)
        #expect(try read(["model_type": "qwen2"]).attentionBias == .queryKeyValue)
    }

    @Test func `of an unknown family is refused with the known ones`() throws {
        let error = #expect(throws: ModelFileError.self) { try read(["model_type": "mamba"]) }
        #expect(error?.field == "model_type" && error?.file.hasSuffix("config.json") == true)
        #expect(error?.problem.contains("llama, qwen2, qwen3") == true)
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
        ("rope_scaling.rope_type", ["rope_scaling": ["rope_type": "yarn", "factor": 4]]),
        ("rope_scaling.factor", ["rope_scaling": ["type": "linear"]]),
        ("rope_scaling.low_freq_factor", ["rope_scaling": ["rope_type": "llama3", "factor": 8]]),
        ("rope_parameters.rope_theta", ["rope_parameters": ["rope_theta": "far"]]),
        ("tie_word_embeddings", ["tie_word_embeddings": 1]),
        ("hidden_act", ["hidden_act": "gelu"]),
        ("quantization", ["quantization": ["bits": 4]]),
        ("quantization_config", ["quantization_config": ["quant_method": "gptq"]]),
        ("use_sliding_window", ["use_sliding_window": true]),
        ("layer_types", ["layer_types": ["full_attention", "sliding_attention"]]),
        ("partial_rotary_factor", ["partial_rotary_factor": 0.5]),
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
