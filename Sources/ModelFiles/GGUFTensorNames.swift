/// Turns a GGUF file's tensor names into those of Hugging Face repositories.
///
/// GGUF has one set of names for all architectures; the modules of the original models are called
/// differently. Experts, which GGUF stacks, get the names that MLX gives to stacks.
struct GGUFTensorNames {
    /// Of one module outside the layers, or within one; both without `.weight` or `.bias`.
    private let global: [String: String]
    private let layer: [String: String]
    private let layerPrefix: String

    init(architecture: String) {
        switch architecture {
        case "bert":
            (global, layer, layerPrefix) = (Self.bertGlobal, Self.bertLayer, "encoder.layer.")
        case "gpt2":
            (global, layer, layerPrefix) = (Self.gpt2Global, Self.gpt2Layer, "transformer.h.")
        default:
            global = Self.decoderGlobal
            layer = Self.decoderLayer.merging(Self.differences[architecture] ?? [:]) { $1 }
            layerPrefix = "model.layers."
        }
    }

    /// A name that is not known stays as it is: nobody will ask for it.
    func translated(_ name: String) -> String {
        guard let dot = name.lastIndex(of: ".") else { return name }
        let stem = String(name[..<dot]), suffix = name[dot...]
        if let module = global[stem] { return module + suffix }
        let parts = stem.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "blk", let module = layer[String(parts[2])] else { return name }
        let translated = "\(layerPrefix)\(parts[1]).\(module)"
        // Two parameters that belong to no module.
        let isWhole = module.hasSuffix("self_attn.sinks") || module.hasSuffix("e_score_correction_bias")
        return isWhole ? translated : translated + suffix
    }

    private static let decoderGlobal = [
        "token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head",
    ]

    private static let decoderLayer = [
        "attn_norm": "input_layernorm",
        "attn_q": "self_attn.q_proj",
        "attn_k": "self_attn.k_proj",
        "attn_v": "self_attn.v_proj",
        "attn_qkv": "self_attn.qkv_proj",
        "attn_output": "self_attn.o_proj",
        "attn_q_norm": "self_attn.q_norm",
        "attn_k_norm": "self_attn.k_norm",
        "attn_sinks": "self_attn.sinks",
        "post_attention_norm": "post_attention_layernorm",
        "ffn_norm": "post_attention_layernorm",
        "post_ffw_norm": "post_feedforward_layernorm",
        "ffn_gate": "mlp.gate_proj",
        "ffn_up": "mlp.up_proj",
        "ffn_down": "mlp.down_proj",
        "ffn_gate_inp": "mlp.gate",
        "ffn_gate_exps": "mlp.switch_mlp.gate_proj",
        "ffn_up_exps": "mlp.switch_mlp.up_proj",
        "ffn_down_exps": "mlp.switch_mlp.down_proj",
    ]

    /// What single architectures call otherwise.
    private static let differences: [String: [String: String]] = [
        "gemma2": ["ffn_norm": "pre_feedforward_layernorm"],
        "gemma3": ["ffn_norm": "pre_feedforward_layernorm"],
        "phi3": ["ffn_up": "mlp.gate_up_proj"],
        "starcoder2": ["ffn_up": "mlp.c_fc", "ffn_down": "mlp.c_proj"],
        "llama": ["ffn_gate_inp": "block_sparse_moe.gate"],
        "minimax-m2": [
            "ffn_gate_inp": "block_sparse_moe.gate",
            "exp_probs_b": "block_sparse_moe.e_score_correction_bias",
        ],
        "gpt-oss": ["ffn_gate_inp": "mlp.router"],
    ]

    private static let bertGlobal = [
        "token_embd": "embeddings.word_embeddings",
        "token_types": "embeddings.token_type_embeddings",
        "position_embd": "embeddings.position_embeddings",
        "token_embd_norm": "embeddings.LayerNorm",
    ]

    private static let bertLayer = [
        "attn_q": "attention.self.query",
        "attn_k": "attention.self.key",
        "attn_v": "attention.self.value",
        "attn_output": "attention.output.dense",
        "attn_output_norm": "attention.output.LayerNorm",
        "ffn_up": "intermediate.dense",
        "ffn_down": "output.dense",
        "layer_output_norm": "output.LayerNorm",
    ]

    private static let gpt2Global = [
        "token_embd": "transformer.wte",
        "position_embd": "transformer.wpe",
        "output_norm": "transformer.ln_f",
        "output": "lm_head",
    ]

    private static let gpt2Layer = [
        "attn_norm": "ln_1",
        "attn_qkv": "attn.c_attn",
        "attn_output": "attn.c_proj",
        "ffn_norm": "ln_2",
        "ffn_up": "mlp.c_fc",
        "ffn_down": "mlp.c_proj",
    ]
}
