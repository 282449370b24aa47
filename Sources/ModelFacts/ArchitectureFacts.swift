public import JSON

/// The sizes of a model as its config.json gives them, whether or not this program can run it.
///
/// Nothing is checked against anything and everything may be missing, so that a model of an unknown family
/// still says what it is.
public struct ArchitectureFacts: Hashable, Sendable {
    /// `model_type`.
    public var family: String?
    public var layerCount: Int?
    public var hiddenSize: Int?
    public var headCount: Int?
    public var keyValueHeadCount: Int?
    public var headSize: Int?
    public var feedForwardSize: Int?
    /// Inside one expert, where it differs.
    public var expertFeedForwardSize: Int?
    public var expertCount: Int?
    public var activeExpertCount: Int?
    public var vocabularySize: Int?
    public var contextTokenCount: Int?
    public var ropeBase: Double?
    /// The kind and the factor, such as `llama3 × 8`.
    public var ropeScaling: String?
    public var windowTokenCount: Int?
    /// Layers that see only the window.
    public var windowedLayerCount = 0
    /// Whether every layer keeps keys and values of every head; other designs need other memory.
    public var keepsPlainKeyValues: Bool

    public init(_ config: JSONValue) {
        // Models that see and hear keep their language part apart.
        let language = config["text_config"] ?? config["llm_config"]
        let isNested = (config["hidden_size"] ?? .null).isNull
        let fields = isNested ? language ?? config : config
        family = (config["model_type"] ?? fields["model_type"])?.stringValue
        layerCount = fields.count("num_hidden_layers")
        hiddenSize = fields.count("hidden_size")
        headCount = fields.count("num_attention_heads")
        keyValueHeadCount = fields.count("num_key_value_heads") ?? headCount
        headSize = fields.count("head_dim")
        if headSize == nil, let hiddenSize, let headCount { headSize = hiddenSize / headCount }
        feedForwardSize = fields.count("intermediate_size")
        expertFeedForwardSize = fields.count("moe_intermediate_size")
        expertCount = fields.count("num_local_experts", "num_experts", "n_routed_experts")
        activeExpertCount =
            expertCount == nil ? nil : fields.count("num_experts_per_tok", "num_experts_per_token")
        vocabularySize = fields.count("vocab_size")
        contextTokenCount = fields.count("max_position_embeddings")
        let rope = fields["rope_parameters"] ?? fields["rope_scaling"]
        ropeBase = (fields["rope_theta"] ?? fields["rope_parameters"]?["rope_theta"])?.numberValue
        ropeScaling = rope.flatMap(Self.scaling)
        windowTokenCount =
            fields["use_sliding_window"] == false ? nil : fields.count("sliding_window")
        if windowTokenCount != nil {
            windowedLayerCount = Self.windowedLayers(fields, layerCount: layerCount ?? 0)
        }
        let others = ["kv_lora_rank", "ssm_cfg", "mamba_d_state", "linear_num_key_heads"]
        keepsPlainKeyValues = others.allSatisfy { (fields[$0] ?? .null).isNull }
    }

    /// Memory for the keys and values of one token in `layerCount` layers.
    func keyValueBytes(elementBytes: Int, layerCount: Int?) -> Int? {
        guard keepsPlainKeyValues else { return nil }
        return product(2, layerCount, keyValueHeadCount, headSize, elementBytes)
    }

    private static func scaling(_ rope: JSONValue) -> String? {
        let kind = (rope["rope_type"] ?? rope["type"])?.stringValue
        guard let kind, kind != "default" else { return nil }
        return kind + (rope["factor"]?.numberValue.map { " × \(plain($0))" } ?? "")
    }

    private static func plain(_ number: Double) -> String {
        Int64(exactly: number).map(String.init) ?? "\(number)"
    }

    /// Layer by layer where the file says so; else the n-th layer sees everything, or layers from one on see
    /// the window, or all do.
    private static func windowedLayers(_ fields: JSONValue, layerCount: Int) -> Int {
        if let types = fields["layer_types"]?.arrayValue {
            return types.count { $0 == "sliding_attention" || $0 == "chunked_attention" }
        }
        if let pattern = fields.count("sliding_window_pattern") { return layerCount - layerCount / pattern }
        if fields["model_type"] == "gemma2" { return (layerCount + 1) / 2 }
        if let first = fields.count("max_window_layers") { return max(0, layerCount - first) }
        return layerCount
    }
}

extension JSONValue {
    /// The first of the members that is a count within any reason.
    fileprivate func count(_ keys: String...) -> Int? {
        for key in keys {
            if let number = self[key]?.integerValue, (1...1 << 40).contains(number) { return Int(number) }
        }
        return nil
    }
}
