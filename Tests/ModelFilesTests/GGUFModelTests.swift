import JSON
import ModelFiles
import Testing

@Suite struct `A model in a GGUF file` {
    private let place: Workplace

    init() throws { place = try Workplace() }

    @Test func `says its shape in the words of config json`() throws {
        let config = try config(
            "qwen3",
            ["block_count": .uint32(2), "embedding_length": .uint32(64), "context_length": .uint32(512)],
            ["attention.key_length": .uint32(16), "attention.head_count": .uint32(4)],
            ["attention.head_count_kv": .int32s([2, 2]), "feed_forward_length": .uint32(96)],
            ["rope.freq_base": .float(1e6), "attention.layer_norm_rms_epsilon": .float(1e-6)],
            tensors: [.zeros("token_embd.weight", 64, 100), .zeros("output.weight", 64, 100)]
        )
        #expect(config["model_type"] == "qwen3" && config["vocab_size"] == 100)
        #expect(config["num_hidden_layers"] == 2 && config["hidden_size"] == 64)
        #expect(config["max_position_embeddings"] == 512 && config["intermediate_size"] == 96)
        #expect(config["num_attention_heads"] == 4 && config["num_key_value_heads"] == 2)
        #expect(config["head_dim"] == 16 && config["rope_theta"] == 1_000_000.0)
        #expect(config["rms_norm_eps"]?.numberValue.map { Float($0) } == 1e-6)
        #expect(config["tie_word_embeddings"] == false && config["attention_bias"] == false)
    }

    @Test func `becomes a model's shape through the same parser`() throws {
        let source = try source(
            metadata(
                "qwen3",
                [
                    "block_count": .uint32(2), "embedding_length": .uint32(64),
                    "context_length": .uint32(512),
                    "attention.head_count": .uint32(4), "feed_forward_length": .uint32(96),
                ]
            ),
            tensors: [.zeros("token_embd.weight", 64, 100)]
        )
        let config = try source.config
        #expect(config.origin == .gguf && config.tiesEmbeddings && config.vocabularySize == 100)
    }

    @Test func `is refused where layers differ from each other`() {
        let error = #expect(throws: ModelFileError.self) {
            try config("qwen3", ["attention.head_count": .int32s([4, 8])])
        }
        #expect(error?.field == "qwen3.attention.head_count")
    }

    @Test func `brings factors of its rotary frequencies in tensors`() throws {
        var rope = GGUFDraft.Tensor.zeros("rope_freqs.weight", 2)
        rope.data = [0, 0, 128, 63, 0, 0, 0, 65]
        #expect(
            try config("llama", tensors: [rope])["rope_scaling"]
                == ["rope_type": "factors", "factors": [1.0, 8.0]]
        )
        let long = GGUFDraft.Tensor.zeros("rope_factors_long.weight", 1)
        let short = GGUFDraft.Tensor.zeros("rope_factors_short.weight", 1)
        let original: [String: GGUFDraft.Value] = ["rope.scaling.original_context_length": .uint32(4096)]
        let config = try config("phi3", original, tensors: [long, short])
        #expect(config["rope_scaling"]?["rope_type"] == "longrope")
        #expect(config["rope_scaling"]?["short_factor"] == [0.0])
        #expect(config["original_max_position_embeddings"] == 4096)
    }

    @Test func `gets what its architecture leaves to the program`() throws {
        let experts: [String: GGUFDraft.Value] = [
            "expert_count": .uint32(8), "expert_used_count": .uint32(2),
        ]
        #expect(try config("llama")["model_type"] == "llama")
        #expect(try config("llama", experts)["model_type"] == "mixtral")
        #expect(try config("qwen3moe", experts)["norm_topk_prob"] == true)
        #expect(try config("olmoe", experts)["norm_topk_prob"] == false)
        let layers: [String: GGUFDraft.Value] = ["block_count": .uint32(4), "embedding_length": .uint32(8)]
        #expect(try config("smollm3", layers)["no_rope_layers"] == [1, 1, 1, 0])
        #expect(try config("gpt-oss", layers)["layer_types"]?.arrayValue?.first == "sliding_attention")
        let heads: [String: GGUFDraft.Value] = ["attention.head_count": .uint32(2)]
        let gemma = try config("gemma3", layers, heads)
        #expect(gemma["model_type"] == "gemma3_text" && gemma["query_pre_attn_scalar"] == 4)
        #expect(gemma["sliding_window_pattern"] == 6 && gemma["rope_local_base_freq"] == 10000)
        #expect(try config("phi3", ["attention.sliding_window": .uint32(0)])["sliding_window"] == nil)
        #expect(try config("phi3", ["attention.sliding_window": .uint32(9)])["sliding_window"] == 9)
        let granite = try config("granite", ["logit_scale": .float(8), "attention.scale": .float(0.5)])
        #expect(granite["logits_scaling"] == 8.0 && granite["attention_multiplier"] == 0.5)
    }

    static let names: [(architecture: String, own: String, name: String)] = [
        ("llama", "token_embd.weight", "model.embed_tokens.weight"),
        ("llama", "output_norm.weight", "model.norm.weight"),
        ("llama", "output.weight", "lm_head.weight"),
        ("llama", "blk.11.attn_q.weight", "model.layers.11.self_attn.q_proj.weight"),
        ("qwen2", "blk.0.attn_k.bias", "model.layers.0.self_attn.k_proj.bias"),
        ("qwen3", "blk.0.attn_q_norm.weight", "model.layers.0.self_attn.q_norm.weight"),
        ("llama", "blk.0.ffn_norm.weight", "model.layers.0.post_attention_layernorm.weight"),
        ("gemma2", "blk.0.ffn_norm.weight", "model.layers.0.pre_feedforward_layernorm.weight"),
        ("gemma3", "blk.0.post_ffw_norm.weight", "model.layers.0.post_feedforward_layernorm.weight"),
        ("phi3", "blk.0.ffn_up.weight", "model.layers.0.mlp.gate_up_proj.weight"),
        ("llama", "blk.0.ffn_gate_inp.weight", "model.layers.0.block_sparse_moe.gate.weight"),
        ("qwen3moe", "blk.0.ffn_gate_inp.weight", "model.layers.0.mlp.gate.weight"),
        ("qwen3moe", "blk.0.ffn_up_exps.weight", "model.layers.0.mlp.switch_mlp.up_proj.weight"),
        ("gpt-oss", "blk.3.attn_sinks.weight", "model.layers.3.self_attn.sinks"),
        ("gpt-oss", "blk.3.ffn_gate_inp.bias", "model.layers.3.mlp.router.bias"),
        (
            "minimax-m2", "blk.1.exp_probs_b.bias",
            "model.layers.1.block_sparse_moe.e_score_correction_bias"
        ),
        ("starcoder2", "blk.0.ffn_down.weight", "model.layers.0.mlp.c_proj.weight"),
        ("bert", "blk.0.attn_output_norm.bias", "encoder.layer.0.attention.output.LayerNorm.bias"),
        ("gpt2", "blk.0.attn_qkv.weight", "transformer.h.0.attn.c_attn.weight"),
        ("llama", "rope_freqs.weight", "rope_freqs.weight"),
        ("llama", "blk.x", "blk.x"), ("llama", "odd", "odd"),
    ]

    @Test(arguments: names.indices) func `calls its tensors what the original model does`(index: Int) throws {
        let (architecture, own, name) = Self.names[index]
        let tensors = try source(metadata(architecture, [:]), tensors: [.zeros(own, 1)]).openWeights()
        #expect(tensors.names == [name])
    }

    @Test func `knows its templates and the tokens that begin and end`() throws {
        let source = try source([
            ("tokenizer.chat_template", .text("plain")), ("tokenizer.chat_template.tool_use", .text("tools")),
            ("tokenizer.ggml.tokens", .texts(["<s>", "</e>", "<|im_end|>", "<|im_end|>"])),
            ("tokenizer.ggml.token_type", .int32s([3, 3, 3, 1])),
            ("tokenizer.ggml.bos_token_id", .uint32(0)), ("tokenizer.ggml.eos_token_id", .uint32(1)),
            ("tokenizer.ggml.eom_token_id", .uint32(9)),
        ])
        #expect(source.chatTemplates == ["default": "plain", "tool_use": "tools"])
        #expect(source.bosToken == "<s>" && source.eosToken == "</e>")
        #expect(source.endTokenIDs == [1, 2, 9])
        #expect(source.configJSON == nil)
        #expect(throws: ModelFileError.self) { try source.config }
    }

    @Test func `is what a directory with nothing else is`() throws {
        try place.write("only.gguf", GGUFDraft(metadata: [("tokenizer.chat_template", .text("t"))]).bytes)
        try place.write("mmproj-only.gguf", [])
        #expect(try ModelSource(path: "\(place.path)/").chatTemplateSource == "t")
        try place.write("other.gguf", [])
        let error = #expect(throws: ModelFileError.self) { try ModelSource(path: place.path) }
        #expect(error?.problem.contains("only.gguf, other.gguf") == true)
        try place.write("model.safetensors", [])
        #expect(try ModelSource(path: place.path).chatTemplateSource == nil)
    }

    private func source(
        _ metadata: [(key: String, value: GGUFDraft.Value)],
        tensors: [GGUFDraft.Tensor] = []
    ) throws -> ModelSource {
        let draft = GGUFDraft(metadata: metadata, tensors: tensors)
        return try ModelSource(path: place.write("model.gguf", draft.bytes))
    }

    private func metadata(
        _ architecture: String,
        _ values: [String: GGUFDraft.Value]...
    ) -> [(key: String, value: GGUFDraft.Value)] {
        [("general.architecture", .text(architecture))]
            + values.flatMap { $0.map { ("\(architecture).\($0.key)", $0.value) } }
    }

    private func config(
        _ architecture: String,
        _ values: [String: GGUFDraft.Value]...,
        tensors: [GGUFDraft.Tensor] = []
    ) throws -> JSONValue {
        let all = values.reduce(into: [String: GGUFDraft.Value]()) { $0.merge($1) { $1 } }
        return try #require(source(metadata(architecture, all), tensors: tensors).configJSON)
    }
}

@Suite struct `A GGUF model in shards` {
    private let place: Workplace

    init() throws { place = try Workplace() }

    @Test func `brings the tensors of all of them`() throws {
        try writeShard(1, of: 2, tensors: [.zeros("a", 1)])
        try writeShard(2, of: 2, tensors: [.zeros("b", 2)])
        #expect(try ModelSource(path: path(1, of: 2)).openWeights().names == ["a", "b"])
        #expect(try ModelSource(path: place.path).openWeights().names == ["a", "b"])
    }

    @Test func `is opened by its first shard`() throws {
        try writeShard(1, of: 2, tensors: [.zeros("a", 1)])
        try writeShard(2, of: 2, tensors: [.zeros("b", 2)])
        let error = #expect(throws: ModelFileError.self) { try ModelSource(path: path(2, of: 2)) }
        #expect(error?.field == "split.no" && error?.problem.hasSuffix(path(1, of: 2)) == true)
    }

    @Test func `is refused when a shard is missing or they do not fit together`() throws {
        try writeShard(1, of: 3, tensors: [.zeros("a", 1)])
        let missing = #expect(throws: ModelFileError.self) { try ModelSource(path: path(1, of: 3)) }
        #expect(missing?.file == path(2, of: 3))
        try writeShard(2, of: 3, tensors: [.zeros("a", 1)])
        try writeShard(3, of: 3, tensors: [])
        let twice = #expect(throws: ModelFileError.self) { try ModelSource(path: path(1, of: 3)) }
        #expect(twice?.field == "a")
        try writeShard(2, of: 3, tensors: [])
        let count = #expect(throws: ModelFileError.self) { try ModelSource(path: path(1, of: 3)) }
        #expect(count?.field == "split.tensors.count")
    }

    @Test(arguments: [-1, 5000] as [Int32]) func `is refused with an impossible number`(count: Int32) throws {
        let draft = GGUFDraft(metadata: [("split.count", .int32(count))])
        let error = #expect(throws: ModelFileError.self) {
            try ModelSource(path: place.write("m-00001-of-05000.gguf", draft.bytes))
        }
        #expect(error?.field == "split.count")
    }

    private func path(_ number: Int, of count: Int) -> String {
        "\(place.path)/m-0000\(number)-of-0000\(count).gguf"
    }

    private func writeShard(_ number: Int, of count: Int, tensors: [GGUFDraft.Tensor]) throws {
        let metadata: [(key: String, value: GGUFDraft.Value)] = [
            ("split.no", .uint32(UInt32(number - 1))), ("split.count", .uint32(UInt32(count))),
            ("split.tensors.count", .int32(2)),
        ]
        let name = "m-0000\(number)-of-0000\(count).gguf"
        try place.write(name, GGUFDraft(metadata: metadata, tensors: tensors).bytes)
    }
}
